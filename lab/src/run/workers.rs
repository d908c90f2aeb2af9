//! Several jobs at a time.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;

/// As many workers as there are processors, but two at least, as jobs wait most of the time, and eight
/// at most.
pub(crate) fn usual() -> usize {
    thread::available_parallelism()
        .map_or(2, usize::from)
        .clamp(2, 8)
}

/// Does `work` for each job, `workers` at a time, and returns what came of them in the order of the jobs.
pub(crate) fn in_parallel<J: Sync, T: Send>(
    workers: usize,
    jobs: &[J],
    work: impl Fn(&J) -> T + Sync,
) -> Vec<T> {
    let next = AtomicUsize::new(0);
    let done = Mutex::new(Vec::with_capacity(jobs.len()));
    thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(|| {
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    let Some(job) = jobs.get(number) else {
                        break;
                    };
                    // Locked while the job runs, they would wait for one another.
                    let result = work(job);
                    done.lock()
                        .unwrap_or_else(PoisonError::into_inner)
                        .push((number, result));
                }
            });
        }
    });
    let mut done = done.into_inner().unwrap_or_else(PoisonError::into_inner);
    done.sort_by_key(|(number, _)| *number);
    done.into_iter().map(|(_, result)| result).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_came_of_the_jobs_is_in_their_order() {
        let jobs: Vec<usize> = (0..100).collect();
        assert_eq!(
            in_parallel(7, &jobs, |job| job * 2),
            jobs.iter().map(|job| job * 2).collect::<Vec<_>>()
        );
        assert!(in_parallel(7, &[0_usize; 0], |job| *job).is_empty());
    }
}
