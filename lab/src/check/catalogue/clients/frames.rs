//! Frames that a server sends: a length, a header, a body. In pieces, and with headers that lie.

use crate::check::catalogue::clients::client::{
    CONTENT, MD5, TcpClient, UPLOAD, expect_nothing_stored,
};
use crate::check::catalogue::service::after;
use crate::check::catalogue::wire::{bincode, frame, letters};
use crate::check::engine::context::Context;
use crate::check::engine::trial::Result;
use crate::pairs::dialect::{Asks, Dialect};

/// What the client is sent.
type Lies = Vec<Vec<u8>>;

/// The name that the pair's header gives to a file. The client knows it without the header.
fn file_name(dialect: &Dialect) -> &'static str {
    match dialect.client.asks {
        Asks::AtPrompt { .. } => "a.txt",
        _ => UPLOAD,
    }
}

/// A header of the pair's server, its size as this JSON.
fn with_size(dialect: &Dialect, size: &str) -> String {
    dialect.answers_in.json(file_name(dialect), MD5, size)
}

/// What follows a header with a size of 3; a header that confirms an upload stands for itself.
fn body(dialect: &Dialect) -> &'static [u8] {
    match &dialect.files {
        Some(files) if !files.gets() => b"",
        _ => CONTENT,
    }
}

/// A frame without the key.
fn without(dialect: &Dialect, key: &str) -> Vec<u8> {
    let header = with_size(dialect, "3").replace(key, "other");
    frame(header, body(dialect))
}

/// Frames that have something else where the header has this text.
fn no_text(dialect: &Dialect, text: &str) -> Lies {
    let header = with_size(dialect, "3");
    let quoted = format!("\"{text}\"");
    ["5", "null", "[]"]
        .map(|json| frame(header.replace(&quoted, json), body(dialect)))
        .into()
}

/// A new client for each of the answers: it must end with an error that names its server, and
/// store nothing. The connection stays open: nothing but the answer tells it.
fn refuses(context: &Context, answers: impl IntoIterator<Item = Vec<u8>>) -> Result {
    for answer in answers {
        let mut client = TcpClient::asking(context)?;
        client.server.send(&answer)?;
        client.expect_error().map_err(after(&answer))?;
        // An error that quotes the header must not let a terminal obey it.
        client.program.expect_harmless_screen(&["\r"])?;
        expect_nothing_stored(context)?;
    }
    Ok(())
}

/// A new client for each of the answers, which it may refuse as above or take for good.
fn bears(context: &Context, answers: Lies) -> Result {
    for answer in answers {
        let mut client = TcpClient::asking(context)?;
        client.server.send(&answer)?;
        client.program.end_input();
        let status = client.program.expect_end()?;
        let errors = client.program.process().stderr().text();
        if !matches!(status.code(), Some(0 | 1)) || errors.lines().count() > 1 {
            let stop = context.fail(
                "the client goes on, or ends with status 1 and one line on stderr",
                format!("{status}; stderr: {errors:?}"),
            );
            return Err(after(&answer)(stop));
        }
    }
    Ok(())
}

pub(crate) fn refuses_lengths(context: &Context, lengths: &[i32]) -> Result {
    refuses(
        context,
        lengths.iter().map(|length| length.to_le_bytes().to_vec()),
    )
}

pub(crate) fn refuses_headers(context: &Context, headers: &[&[u8]]) -> Result {
    refuses(context, headers.iter().map(|header| frame(header, b"")))
}

/// Refuses each of `sizes`, which stand as JSON in an otherwise good header, before so much of a body.
pub(crate) fn refuses_sizes(context: &Context, sizes: &[&str], body: &[u8]) -> Result {
    let header = |size: &&str| frame(with_size(context.dialect(), size), body);
    refuses(context, sizes.iter().map(header))
}

pub(crate) fn header_not_json(context: &Context) -> Result {
    let valid = with_size(context.dialect(), "3");
    refuses_headers(
        context,
        &[
            &valid.as_bytes()[..valid.len() - 1],
            b"{\"\xff\": 3}",
            b"size=3",
            b"\x1b[2J{",
            // pickle.dumps({'size': 3})
            b"\x80\x04\x95\r\0\0\0\0\0\0\0}\x94\x8c\x04size\x94K\x03s.",
        ],
    )
}

pub(crate) fn size_missing(context: &Context) -> Result {
    let dialect = context.dialect();
    let header = dialect.answers_in;
    let needed = [Some(header.size_key()), header.md5_key()];
    let without_key = |key: Option<&str>| key.map(|key| without(dialect, key));
    refuses_headers(context, &[b"{}"])?;
    refuses(context, needed.into_iter().filter_map(without_key))?;
    bears(
        context,
        without_key(header.name_key()).into_iter().collect(),
    )
}

pub(crate) fn size_of_wrong_type(context: &Context) -> Result {
    let dialect = context.dialect();
    refuses_sizes(context, &[r#""3""#, "[3]", "null", "true"], CONTENT)?;
    if dialect.answers_in.name_key().is_none() {
        return Ok(());
    }
    refuses(context, no_text(dialect, MD5))?;
    bears(context, no_text(dialect, file_name(dialect)))
}

pub(crate) fn header_nested(context: &Context) -> Result {
    let deep = format!("{}3{}", "[".repeat(30_000), "]".repeat(30_000));
    refuses_sizes(context, &[&deep], CONTENT)
}

/// A header of a file in bincode, cut or lengthened.
pub(crate) fn bincode_cut(context: &Context) -> Result {
    let header = bincode(b"a.txt", MD5, 3);
    let sizes = [1, 8, 13, header.len() - 1];
    refuses(context, sizes.map(|size| frame(&header[..size], b"")))
}

pub(crate) fn bincode_too_long(context: &Context) -> Result {
    let mut header = bincode(b"a.txt", MD5, 3);
    header.push(0);
    refuses(context, [frame(&header, CONTENT)])
}

pub(crate) fn bincode_text_too_long(context: &Context) -> Result {
    let header = bincode(b"a.txt", MD5, 3);
    let rest = header.len() as u64 - 8;
    let lengths = [rest + 1, 1 << 40, u64::MAX];
    refuses(
        context,
        lengths.map(|length| frame([&length.to_le_bytes(), &header[8..]].concat(), CONTENT)),
    )
}

pub(crate) fn bincode_size_huge(context: &Context) -> Result {
    let sizes = [1 << 63, u64::MAX];
    refuses(
        context,
        sizes.map(|size| frame(bincode(b"a.txt", MD5, size), CONTENT)),
    )
}

pub(crate) fn bincode_not_utf8(context: &Context) -> Result {
    refuses(context, [frame(bincode(b"a\xff.txt", MD5, 3), CONTENT)])
}

pub(crate) fn bincode_pickle(context: &Context) -> Result {
    // pickle.dumps({'filename': 'a.txt', 'md5': 'xxxxxx', 'file_size': 3})
    let pickle = b"\x80\x04\x955\0\0\0\0\0\0\0}\x94(\x8c\x08filename\x94\x8c\x05a.txt\x94\x8c\
        \x03md5\x94\x8c\x06xxxxxx\x94\x8c\tfile_size\x94K\x03u.";
    refuses(context, [frame(pickle, CONTENT)])
}

pub(crate) fn empty_body(context: &Context) -> Result {
    let mut client = TcpClient::asking(context)?;
    client.send_answer(b"")?;
    // One that prints its body in pieces prints none.
    if client.dialect.client.asks == Asks::Again {
        client.expect_shown(b"")?;
    }
    client.expect_to_go_on()
}

pub(crate) fn non_ascii_body(context: &Context) -> Result {
    let mut client = TcpClient::asking(context)?;
    client.answer("你好 ÄÖ!".as_bytes())?;
    client.expect_to_go_on()
}

pub(crate) fn large_body(context: &Context) -> Result {
    let body = letters(2500);
    let mut client = TcpClient::asking(context)?;
    client
        .server
        .send(&frame(with_size(client.dialect, "2500"), b""))?;
    client.server.send_in_pieces(&body, 700)?;
    client.send_last(b"")?;
    match client.dialect.client.asks {
        Asks::Again => client.expect_shown(&body)?,
        _ => body
            .chunks(1024)
            .try_for_each(|piece| client.expect_shown(piece))?,
    }
    client.expect_to_go_on()
}

pub(crate) fn more_than_announced(context: &Context) -> Result {
    let mut client = TcpClient::start(context)?;
    client.send_last(&frame(with_size(client.dialect, "3"), b"abc and more"))?;
    client.expect_shown(b"abc")?;
    client.program.expect_success()
}

pub(crate) fn duplicate_keys(context: &Context) -> Result {
    let mut client = TcpClient::asking(context)?;
    let key = format!(r#""{}": "#, client.dialect.answers_in.size_key());
    let twice = with_size(client.dialect, "3").replace(&key, &format!("{key}1, {key}"));
    client.send_last(&frame(&twice, body(client.dialect)))?;
    match &client.dialect.files {
        None => client.expect_shown(CONTENT)?,
        Some(files) => {
            if let Some(download) = &files.download {
                client.program.await_screen("'filesize': 3}\n")?;
                client.program.await_screen(download.end)?;
            }
        }
    }
    client.expect_to_go_on()
}
