//! A file sent line by line, or in blocks.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::thread;
use std::time::Instant;

use anyhow::{Result, bail};
use serde::Serialize;

use crate::experiment::Experiment;
use crate::experiment::observation::milliseconds;
use crate::experiment::report::{Steps, Verdict};
use crate::host::sockets;

/// The bytes are the same, the work is not.
pub struct LineByLine;

/// What one way of sending cost.
#[derive(Debug, Serialize)]
pub struct Cost {
    /// Which way.
    pub way: &'static str,
    /// Calls of `send`.
    pub sends: usize,
    /// Segments with data that went out (TCP_INFO); none where it can't be asked.
    pub segments: Option<u64>,
    /// Bytes that arrived.
    pub received: usize,
    /// The time until all had arrived.
    pub ms: f64,
}

/// Both ways, for one file.
#[derive(Debug, Serialize)]
pub struct Seen {
    /// The file's size in bytes.
    pub file_bytes: usize,
    /// Line by line, then in blocks.
    pub costs: Vec<Cost>,
}

impl Experiment for LineByLine {
    const NAME: &'static str = "line-by-line";
    const CLAIM: &'static str = "a file is well sent line by line: read a line, send the line";
    type Seen = Seen;

    fn observe(log: &mut Steps) -> Result<Seen> {
        let file = b"one line of a text file, as there are many\n".repeat(50_000);
        log.step("send a text file of 50,000 lines, a send for each line");
        let lines: Vec<&[u8]> = file.split_inclusive(|byte| *byte == b'\n').collect();
        let by_lines = send("line by line", &lines)?;

        log.step("send the same bytes in blocks of 64 KiB");
        let blocks: Vec<&[u8]> = file.chunks(64 << 10).collect();
        let by_blocks = send("in blocks", &blocks)?;

        Ok(Seen {
            file_bytes: file.len(),
            costs: vec![by_lines, by_blocks],
        })
    }

    fn verdict(seen: &Seen) -> Verdict {
        let whole = seen
            .costs
            .iter()
            .all(|cost| cost.received == seen.file_bytes);
        let sends: Vec<usize> = seen.costs.iter().map(|cost| cost.sends).collect();
        let smaller = match (seen.costs[0].segments, seen.costs[1].segments) {
            (Some(lines), Some(blocks)) if lines > blocks => " and more, smaller segments",
            _ => "",
        };
        Verdict::decide(
            whole && sends[0] <= 2 * sends[1],
            "lines are as good as blocks",
            &format!(
                "it arrives whole, but with a system call for each line{smaller}; a file without \
                 newlines would be one line, held in memory whole. Lines mean nothing to a \
                 stream: send blocks"
            ),
        )
    }
}

fn send(way: &'static str, parts: &[&[u8]]) -> Result<Cost> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let mut client = TcpStream::connect(listener.local_addr()?)?;
    let (mut server, _) = listener.accept()?;
    let size: usize = parts.iter().map(|part| part.len()).sum();
    let receiving = thread::spawn(move || {
        let mut received = vec![0; size];
        server
            .read_exact(&mut received)
            .map(|()| (received.len(), server))
    });
    let begun = Instant::now();
    for part in parts {
        client.write_all(part)?;
    }
    // The server's socket comes back with the bytes: TCP_INFO is asked while both are open.
    let (received, _server) = match receiving.join() {
        Ok(result) => result?,
        Err(_) => bail!("the receiving thread panicked"),
    };
    let ms = milliseconds(begun.elapsed());
    Ok(Cost {
        way,
        sends: parts.len(),
        segments: sockets::data_segments_sent(client.local_addr()?),
        received,
        ms,
    })
}
