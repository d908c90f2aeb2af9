//! Headers that lie to a server: their lengths, their JSON, the sizes in them.
//!
//! All get the same headers, each with its own keys; what is refused ends that one connection, and
//! stores nothing.

use std::path::Path;

use crate::check::catalogue::service::{Service, after};
use crate::check::catalogue::wire::{bincode, frame, md5};
use crate::check::engine::context::Context;
use crate::check::engine::trial::Result;

/// Sends each of `beginnings` on a connection of its own. Each must be closed and nothing stored; then
/// the next client is served, and the server idle.
fn refuses(context: &Context, beginnings: &[Vec<u8>]) -> Result {
    let (service, mut server) = Service::started(context)?;
    for beginning in beginnings {
        let mut client = server.connect()?;
        client.send(&service.put("a.txt"))?;
        client.send_to_whoever_listens(beginning);
        client.expect_closed().map_err(after(beginning))?;
    }
    service.await_names(&[])?;
    service.goes_on(&mut server)
}

pub(super) fn refuses_lengths(context: &Context, lengths: &[i32]) -> Result {
    let lengths: Vec<_> = lengths
        .iter()
        .map(|length| length.to_le_bytes().to_vec())
        .collect();
    refuses(context, &lengths)
}

fn refuses_headers(context: &Context, headers: &[impl AsRef<[u8]>]) -> Result {
    let framed: Vec<_> = headers.iter().map(|header| frame(header, b"")).collect();
    refuses(context, &framed)
}

/// The program's header, with this JSON for the size.
fn with_size(context: &Context, size: &str) -> String {
    context.dialect().asks_in.json("a.txt", "", size)
}

pub(super) fn refuses_sizes(context: &Context, sizes: &[&str]) -> Result {
    let headers: Vec<_> = sizes.iter().map(|size| with_size(context, size)).collect();
    refuses_headers(context, &headers)
}

pub(super) fn header_not_json(context: &Context) -> Result {
    let cut = format!(r#"{{"{}": "#, context.dialect().asks_in.size_key());
    let deep = b"[".repeat(30_000);
    let headers: [&[u8]; 5] = [b"hello", cut.as_bytes(), b"\xff\xfe{}", b"\0", &deep];
    refuses_headers(context, &headers)
}

pub(super) fn header_not_an_object(context: &Context) -> Result {
    let key = context.dialect().asks_in.size_key();
    let (string, list) = (format!(r#""{key}""#), format!(r#"[{{"{key}": 0}}]"#));
    refuses_headers(context, &["[]", "5", &string, "null", &list])
}

pub(super) fn size_missing(context: &Context) -> Result {
    let mut headers = vec!["{}", r#"{"file_name": "a.txt", "size": 5}"#];
    if context.dialect().asks_in.name_key().is_some() {
        headers.push(r#"{"file_size": 5}"#);
    }
    refuses_headers(context, &headers)
}

pub(super) fn size_of_wrong_type(context: &Context) -> Result {
    let mut headers = [r#""5""#, "null", "true", "[5]", "{}"]
        .map(|size| with_size(context, size))
        .to_vec();
    if context.dialect().asks_in.name_key().is_some() {
        let good = with_size(context, "5");
        headers.extend(["5", "null"].map(|name| good.replace(r#""a.txt""#, name)));
    }
    refuses_headers(context, &headers)
}

pub(super) fn header_not_bincode(context: &Context) -> Result {
    let good = bincode(b"a.txt", &md5(b""), 0);
    let mut claims = good.clone();
    claims[..8].copy_from_slice(&(1_u64 << 63).to_le_bytes());
    let headers = [
        b"hello".to_vec(),
        good[..good.len() - 1].to_vec(),
        [&good[..], b"\0"].concat(),
        claims,
        bincode(b"caf\xe9", &md5(b""), 0),
    ];
    refuses_headers(context, &headers)
}

pub(super) fn bincode_size_huge(context: &Context) -> Result {
    let huge = [1 << 63, u64::MAX].map(|size| bincode(b"a.txt", &md5(b""), size));
    refuses_headers(context, &huge)
}

pub(super) fn pickle_as_header(context: &Context) -> Result {
    let (service, mut server) = Service::started(context)?;
    let before = service.outside();
    let mark = context.folder().join("pickled");
    let mut client = server.connect()?;
    let command = service.put("a.txt");
    if !command.is_empty() {
        client.send(&command)?;
        // A server that takes a segment for a command would throw the header away with it.
        client.wait_until_fetched()?;
    }
    client.send_to_whoever_listens(&frame(pickle_that_makes(&mark), b""));
    let ended = client.expect_closed();
    service
        .expect_outside(&before)
        .map_err(|stop| stop.while_("nothing that a pickle says is run"))?;
    ended?;
    service.await_names(&[])?;
    service.goes_on(&mut server)
}

/// What pickle.loads does with it: os.system("touch ...").
fn pickle_that_makes(file: &Path) -> String {
    format!("cos\nsystem\n(S'touch {}'\ntR.", file.display())
}
