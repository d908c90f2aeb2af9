//! Downloads and uploads of one large file, between the real programs.
//!
//! The floor under each is made of two things, measured in the same run: one md5 pass over the
//! file, and a bare transfer of it (sendfile here, receive and write there).

use std::fs::{self, File};
use std::io::Read;
use std::path::Path;
use std::process::Stdio;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use md5::{Digest, Md5};
use wait_timeout::ChildExt;

use crate::bench::load;
use crate::bench::measure::{Contender, Figure, interleave, interleave_one};
use crate::bench::report::{BARE, Row, Target};
use crate::bench::setting::{Server, Setting, command, sides, start_bare, start_server};
use crate::pairs::Side;

const FTP_SIMPLE: u8 = 13;
const UPLOAD: u8 = 14;
const FTP_CLASS: u8 = 15;

const MD5_PASS: &str = "md5 pass";
const TRANSFER: &str = "bare transfer";

/// How long a transfer may take.
const PATIENCE: Duration = Duration::from_mins(2);

/// How much is hashed at a time, in bytes.
const BLOCK: usize = 256 * 1024;

/// How much a transfer may take longer than the passes that it cannot do without.
const SURCHARGE: f64 = 1.15;

/// How many clients download at once, and how much each.
const MANY: usize = 64;
const MANY_MEBIBYTES: usize = 16;

fn mebibytes(setting: &Setting) -> usize {
    setting.either(1024, 128)
}

/// Makes the files, so that they come to rest while other rows are measured.
pub(crate) fn make_files(setting: &Setting) -> Result<()> {
    setting.file(MANY_MEBIBYTES)?;
    setting.file(mebibytes(setting))?;
    Ok(())
}

/// Downloads by ftp-simple: the first of a file, and the next of the same file.
pub(crate) fn download_simple(setting: &Setting, name: &str) -> Result<Vec<Row>> {
    download(setting, name, FTP_SIMPLE)
}

/// Downloads by ftp-class.
pub(crate) fn download_class(setting: &Setting, name: &str) -> Result<Vec<Row>> {
    download(setting, name, FTP_CLASS)
}

fn download(setting: &Setting, name: &str, number: u8) -> Result<Vec<Row>> {
    let file = setting.settled_file(mebibytes(setting))?;
    let mut contenders = vec![
        Contender::new(MD5_PASS, || md5_pass(&file).map(|time| [time, time])),
        Contender::new(TRANSFER, || {
            bare_transfer(setting, &file).map(|time| [time, time])
        }),
    ];
    for side in sides().into_iter().filter(|side| *side != BARE) {
        let file = &file;
        contenders.push(Contender::new(side, move || {
            // A fresh server knows no digests.
            let server = file_server(setting, number, side)?;
            let first = get(setting, number, side, &server, file)?;
            let again = get(setting, number, side, &server, file)?;
            Ok([first, again])
        }));
    }
    let [first, again] = interleave(setting.either(3, 3), contenders);
    let floor_of_first = floor(&first, |[md5, transfer]| md5 + md5.max(transfer));
    let floor_of_again = floor(&again, |[md5, transfer]| md5.max(transfer));
    let size = mebibytes(setting);
    Ok(vec![
        row(
            format!("{name}/first"),
            format!(
                "a download of {size} MiB: the header carries the md5, so one pass comes before the body. bare: md5 pass + the larger of md5 pass and bare transfer"
            ),
            first,
            floor_of_first,
        ),
        row(
            format!("{name}/again"),
            format!(
                "the same {size} MiB, unchanged. bare: the larger of md5 pass and bare transfer"
            ),
            again,
            floor_of_again,
        ),
    ])
}

/// Uploads by ftp-simple: the md5 follows the body, so both sides hash beside it.
pub(crate) fn upload_simple(setting: &Setting, name: &str) -> Result<Vec<Row>> {
    let file = setting.settled_file(mebibytes(setting))?;
    let mut contenders = vec![
        Contender::new(MD5_PASS, || md5_pass(&file).map(|time| [time])),
        Contender::new(TRANSFER, || {
            bare_transfer(setting, &file).map(|time| [time])
        }),
        Contender::new(BARE, || side_by_side(setting, &file).map(|time| [time])),
    ];
    for side in sides().into_iter().filter(|side| *side != BARE) {
        let file = &file;
        contenders.push(Contender::new(side, move || {
            let server = start_server(
                UPLOAD,
                side,
                &["--dir", &text(&setting.folder().join("upload"))],
            )?;
            let mut client = command(UPLOAD, Side::Client, side)?;
            client.arg(file);
            let stored = setting.folder().join("upload").join(file_name(file));
            Ok([timed(client, &server, "", file, &stored)?])
        }));
    }
    let figures = interleave_one(setting.either(3, 3), contenders);
    Ok(vec![Row {
        name: name.to_owned(),
        what: format!(
            "an upload of {} MiB, hashed by both sides. bare: two md5 passes and a bare transfer at the same time",
            mebibytes(setting)
        ),
        unit: "s",
        figures,
        target: Target::AtMostTimes(SURCHARGE, BARE),
        notes: Vec::new(),
    }])
}

/// Uploads by ftp-class: the md5 is in the header, so a pass comes before the body.
pub(crate) fn upload_class(setting: &Setting, name: &str) -> Result<Vec<Row>> {
    let file = setting.settled_file(mebibytes(setting))?;
    let mut contenders = vec![
        Contender::new(MD5_PASS, || md5_pass(&file).map(|time| [time])),
        Contender::new(TRANSFER, || {
            bare_transfer(setting, &file).map(|time| [time])
        }),
    ];
    for side in sides().into_iter().filter(|side| *side != BARE) {
        let file = &file;
        contenders.push(Contender::new(side, move || {
            let server = file_server(setting, FTP_CLASS, side)?;
            let mut client = command(FTP_CLASS, Side::Client, side)?;
            client.arg("--dir").arg(setting.folder());
            let input = format!("put {}\n", file_name(file));
            let stored = setting.folder().join("upload").join(file_name(file));
            Ok([timed(client, &server, &input, file, &stored)?])
        }));
    }
    let figures = interleave_one(setting.either(3, 3), contenders);
    let floor = floor(&figures, |[md5, transfer]| md5 + md5.max(transfer));
    Ok(vec![row(
        name.to_owned(),
        format!(
            "an upload of {} MiB: the header carries the md5, so one pass comes before the body. bare: md5 pass + the larger of md5 pass and bare transfer",
            mebibytes(setting)
        ),
        figures,
        floor,
    )])
}

/// Many clients who download at once from ftp-simple: the time until the last has all, and the
/// server's memory. The clients are the harness's: they hash and store nothing.
#[allow(clippy::cast_precision_loss)] // millions of bytes
pub(crate) fn many_downloads(setting: &Setting, name: &str) -> Result<Vec<Row>> {
    let file = setting.settled_file(MANY_MEBIBYTES)?;
    let contenders = sides().into_iter().map(|side| {
        let mut running = None;
        let file = &file;
        Contender::new(side, move || {
            let one = |server: &Server| {
                if side == BARE {
                    load::bare_download(server.address)
                } else {
                    load::download(server.address, &file_name(file))
                }
            };
            let server = match &mut running {
                Some(server) => server,
                none => {
                    let server = none.insert(if side == BARE {
                        start_bare(&["send-file", &text(file)])?
                    } else {
                        file_server(setting, FTP_SIMPLE, side)?
                    });
                    // The first learns the md5, which another row measures.
                    one(server)?;
                    server
                }
            };
            let server = &*server;
            let started = Instant::now();
            thread::scope(|scope| {
                let clients: Vec<_> = (0..MANY).map(|_| scope.spawn(|| one(server))).collect();
                clients.into_iter().try_for_each(|client| {
                    let received = client
                        .join()
                        .map_err(|_| anyhow::anyhow!("a client panicked"))??;
                    ensure!(
                        received == (MANY_MEBIBYTES as u64) << 20,
                        "{received} bytes came"
                    );
                    Ok(())
                })
            })?;
            let time = started.elapsed().as_secs_f64();
            let memory = super::measure::peak_memory(server.process.id())?;
            Ok([time, memory as f64 / f64::from(1 << 20)])
        })
    });
    let [time, memory] = interleave(setting.either(7, 3), contenders.collect());
    let what = format!("{MANY} downloads of {MANY_MEBIBYTES} MiB at once from ftp-simple");
    Ok(vec![
        Row {
            name: format!("{name}/time"),
            what: format!("{what}, whose md5 the server knows: until the last has all"),
            unit: "s",
            figures: time,
            target: Target::AtMostTimes(1.25, BARE),
            notes: Vec::new(),
        },
        Row {
            name: format!("{name}/memory"),
            what: format!("{what}: the server's resident memory at its most"),
            unit: "MiB",
            figures: memory,
            target: Target::Below(32.0),
            notes: Vec::new(),
        },
    ])
}

fn row(name: String, what: String, mut figures: Vec<Figure>, floor: Figure) -> Row {
    figures.push(floor);
    Row {
        name,
        what,
        unit: "s",
        figures,
        target: Target::AtMostTimes(SURCHARGE, BARE),
        notes: Vec::new(),
    }
}

/// The bare figure that follows from the md5 pass and the bare transfer, the first two.
fn floor(figures: &[Figure], rule: impl Fn([f64; 2]) -> f64) -> Figure {
    Figure::derived(BARE, [&figures[0], &figures[1]], rule)
}

fn file_server(setting: &Setting, number: u8, side: &str) -> Result<Server> {
    let folder = match number {
        FTP_SIMPLE => setting.folder().join("share"),
        _ => setting.folder().to_owned(),
    };
    start_server(number, side, &["--dir", &text(&folder)])
}

/// Runs the client for one download, from its start to its end, and returns the seconds.
fn get(setting: &Setting, number: u8, side: &str, server: &Server, file: &Path) -> Result<f64> {
    let mut client = command(number, Side::Client, side)?;
    let folder = match number {
        FTP_SIMPLE => setting.folder().join("download"),
        _ => setting.folder().to_owned(),
    };
    client.arg("--dir").arg(folder);
    let stored = setting.folder().join("download").join(file_name(file));
    timed(
        client,
        server,
        &format!("get {}\n", file_name(file)),
        file,
        &stored,
    )
}

/// Runs a client that transfers `file`, checks that it was `stored`, and removes it. Returns the
/// seconds from the client's start to its end.
fn timed(
    mut client: std::process::Command,
    server: &Server,
    input: &str,
    file: &Path,
    stored: &Path,
) -> Result<f64> {
    let mut typed = tempfile::tempfile()?;
    std::io::Write::write_all(&mut typed, input.as_bytes())?;
    std::io::Seek::rewind(&mut typed)?;
    client
        .args(["--port", &server.address.port().to_string()])
        .stdin(typed)
        .stdout(Stdio::null())
        .stderr(Stdio::piped());
    let started = Instant::now();
    let mut client = client.spawn().context("the client does not start")?;
    let status = client.wait_timeout(PATIENCE)?;
    let time = started.elapsed().as_secs_f64();
    if status.is_none() {
        client.kill()?;
    }
    let output = client.wait_with_output()?;
    let complete = fs::metadata(stored)
        .is_ok_and(|stored| fs::metadata(file).is_ok_and(|file| stored.len() == file.len()));
    ensure!(
        complete && output.status.success(),
        "the file did not arrive: {}",
        load::last_words(&output)
    );
    fs::remove_file(stored)?;
    Ok(time)
}

/// Reads the file once and hashes it.
fn md5_pass(file: &Path) -> Result<f64> {
    let mut file = File::open(file)?;
    let mut buffer = vec![0; BLOCK];
    let mut md5 = Md5::new();
    let started = Instant::now();
    loop {
        match file.read(&mut buffer)? {
            0 => break,
            count => md5.update(&buffer[..count]),
        }
    }
    std::hint::black_box(md5.finalize());
    Ok(started.elapsed().as_secs_f64())
}

/// Sends the file to a process that stores it.
fn bare_transfer(setting: &Setting, file: &Path) -> Result<f64> {
    let stored = setting.folder().join("bare");
    let server = start_bare(&["store-file", &text(&stored)])?;
    let started = Instant::now();
    load::bare_upload(server.address, file)?;
    let time = started.elapsed().as_secs_f64();
    fs::remove_file(stored)?;
    Ok(time)
}

/// Two md5 passes and a bare transfer at the same time: what an upload is made of, when no part
/// waits for another.
fn side_by_side(setting: &Setting, file: &Path) -> Result<f64> {
    let stored = setting.folder().join("bare");
    let server = start_bare(&["store-file", &text(&stored)])?;
    let started = Instant::now();
    thread::scope(|scope| {
        let passes = [
            scope.spawn(|| md5_pass(file)),
            scope.spawn(|| md5_pass(file)),
        ];
        load::bare_upload(server.address, file)?;
        for pass in passes {
            pass.join()
                .map_err(|_| anyhow::anyhow!("an md5 pass panicked"))??;
        }
        Ok::<_, anyhow::Error>(())
    })?;
    let time = started.elapsed().as_secs_f64();
    fs::remove_file(stored)?;
    Ok(time)
}

fn file_name(file: &Path) -> String {
    file.file_name().unwrap_or_default().display().to_string()
}

fn text(path: &Path) -> String {
    path.display().to_string()
}
