//! What a person types to choose among programs, targets, experiments or benchmarks.

use thiserror::Error;

/// A word that names nothing.
#[derive(Debug, Error)]
#[error("there is no {what} {word:?}{}: `{list}` shows the names", suggestion(.nearest.as_deref()))]
pub struct UnknownName {
    what: &'static str,
    list: &'static str,
    /// The word.
    pub word: String,
    /// The name that it is most like, if it is like any.
    pub nearest: Option<String>,
}

fn suggestion(nearest: Option<&str>) -> String {
    nearest.map_or_else(String::new, |name| format!(" (did you mean {name:?}?)"))
}

/// Those of `all` that `words` ask for, each once and in their order; all when there are no words.
/// Each answers to several `names`. In the error `what` is what they are, and `list` the command that shows
/// them.
pub fn select<T>(
    what: &'static str,
    list: &'static str,
    words: &[String],
    all: impl IntoIterator<Item = T>,
    names: impl Fn(&T) -> Vec<String>,
) -> Result<Vec<T>, UnknownName> {
    let mut candidates: Vec<(T, Vec<String>)> = all
        .into_iter()
        .map(|one| {
            let names = names(&one);
            (one, names)
        })
        .collect();
    if let Some(word) = words
        .iter()
        .find(|word| !candidates.iter().any(|(_, names)| names.contains(word)))
    {
        let nearest = nearest(word, candidates.iter().flat_map(|(_, names)| names));
        return Err(UnknownName {
            what,
            list,
            word: word.clone(),
            nearest,
        });
    }
    candidates
        .retain(|(_, names)| words.is_empty() || words.iter().any(|word| names.contains(word)));
    Ok(candidates.into_iter().map(|(one, _)| one).collect())
}

/// Below this, two words are alike by accident.
const NEAR: f64 = 0.8;

/// The name that is most like `word`: a slip of the keys, a beginning, or a name without its package.
fn nearest<'a>(word: &str, names: impl Iterator<Item = &'a String>) -> Option<String> {
    let likeness = |name: &str| match name.rsplit_once('/') {
        Some((_, last)) if last == word => 1.0,
        _ => strsim::jaro_winkler(word, name),
    };
    let mut best = (NEAR, None);
    // No number is like another.
    for name in names.filter(|name| name.parse::<u8>().is_err()) {
        // Of several that are equally like it, the first.
        if likeness(name) > best.0 {
            best = (likeness(name), Some(name));
        }
    }
    best.1.cloned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_near_miss_is_told_the_nearest_name() {
        let all = [
            "echo-tcp",
            "echo-tcp/phone",
            "echo-udp/talk",
            "ntp/server",
            "ntp/client",
            "ftp-class",
            "2",
        ];
        let error = |word: &str| {
            let words = [word.to_owned()];
            let names = |name: &&str| vec![(*name).to_owned()];
            select("target", "cargo lab", &words, all, names).unwrap_err()
        };
        for (word, nearest) in [
            ("ntp/sever", "ntp/server"),
            ("echo_tcp", "echo-tcp"),
            ("ftp", "ftp-class"),
            ("talk", "echo-udp/talk"),
        ] {
            assert_eq!(error(word).nearest.as_deref(), Some(nearest), "{word}");
        }
        for word in ["python3", "python", "node", "21", "", "./a.out"] {
            assert_eq!(error(word).nearest, None, "{word}");
        }
        assert_eq!(
            error("ntp/sever").to_string(),
            "there is no target \"ntp/sever\" (did you mean \"ntp/server\"?): `cargo lab` shows the names"
        );
        assert_eq!(
            error("java").to_string(),
            "there is no target \"java\": `cargo lab` shows the names"
        );
    }
}
