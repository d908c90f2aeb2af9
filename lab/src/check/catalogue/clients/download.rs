//! Downloads: what is stored, where, and what never is.

use std::fs;
use std::path::Path;

use common::notation;

use crate::check::catalogue::clients::client::{
    CONTENT, LARGE, LARGE_MD5, Listen, MD5, TcpClient, expect_files, file, files, large,
};
use crate::check::catalogue::wire::{MD5_OF_NOTHING, announce, frame, write};
use crate::check::engine::context::Context;
use crate::check::engine::stream::Stream;
use crate::check::engine::trial::{Result, Stop};

/// Where the file lands that is asked for.
const STORED: &str = "download/a.txt";

/// Fails unless the file has exactly this content.
fn expect_content(context: &Context, path: &str, bytes: &[u8]) -> Result {
    match fs::read(context.folder().join(path)) {
        Ok(found) if found == bytes => Ok(()),
        Ok(found) => Err(context.fail(
            format!("{path} holds the {} bytes that were sent", bytes.len()),
            match found.iter().zip(bytes).position(|(a, b)| a != b) {
                Some(offset) => format!("it has {} bytes, and differs at {offset}", found.len()),
                None => format!("it has {} bytes", found.len()),
            },
        )),
        Err(error) => Err(context.fail(format!("{path} is there"), error.to_string())),
    }
}

/// Fails if anything is stored but the file that was asked for; the client may have refused that.
pub(crate) fn expect_no_other(context: &Context) -> Result {
    let other = files(context)?.into_iter().find(|name| name != STORED);
    other.map_or(Ok(()), |name| {
        Err(context.fail(
            format!("no file but {STORED}"),
            format!("there is {name:?}"),
        ))
    })
}

pub(crate) fn stored(context: &Context) -> Result {
    let mut client = TcpClient::start(context)?;
    client.one_round()?;
    client.finish()?;
    expect_files(context, &[STORED])?;
    expect_content(context, STORED, CONTENT)
}

pub(crate) fn empty_file(context: &Context) -> Result {
    let mut client = TcpClient::asking(context)?;
    let file = file(client.dialect, "a.txt", MD5_OF_NOTHING, b"");
    client.server.send(&file)?;
    client.expect_download("a.txt", MD5_OF_NOTHING, 0)?;
    client.one_round()?;
    client.ask()?;
    client.server.send(&file)?;
    client.expect_download("a.txt", MD5_OF_NOTHING, 0)?;
    client.finish()?;
    expect_content(context, STORED, b"")
}

pub(crate) fn large_file(context: &Context) -> Result {
    // Made before the client waits: it may have a time limit.
    let bytes = large();
    let mut client = TcpClient::asking(context)?;
    let header = announce(&client.dialect.answers_in, "a.txt", LARGE_MD5, LARGE as u64);
    client.server.send(&header)?;
    client.server.send(bytes)?;
    client.finish()?;
    expect_files(context, &[STORED])?;
    expect_content(context, STORED, bytes)
}

pub(crate) fn missing_file(context: &Context) -> Result {
    let mut client = TcpClient::asking(context)?;
    client.server.send(&[0; 4])?;
    client.program.expect_screen("文件不存在\n")?;
    client.one_round()
}

pub(crate) fn name_with_blanks(context: &Context) -> Result {
    let mut client = TcpClient::start(context)?;
    client.ask_line("get my 文件.txt")?;
    client
        .server
        .send(&file(client.dialect, "my 文件.txt", MD5, CONTENT))?;
    client.expect_download("my 文件.txt", MD5, CONTENT.len())?;
    client.finish()?;
    expect_files(context, &["download/my 文件.txt"])
}

pub(crate) fn server_chooses_name(context: &Context) -> Result {
    let absolute = context.folder().join("evil.txt").display().to_string();
    for name in ["../evil.txt", &absolute, "other.txt"] {
        let mut client = TcpClient::asking(context)?;
        client
            .server
            .send(&file(client.dialect, name, MD5, CONTENT))?;
        client.finish()?;
        expect_no_other(context)?;
    }
    Ok(())
}

pub(crate) fn name_leads_out(context: &Context) -> Result {
    let mut client = TcpClient::start(context)?;
    client.type_line("get ../evil.txt")?;
    // Whether it asked or not.
    client
        .server
        .send(&file(client.dialect, "../evil.txt", MD5, CONTENT))?;
    client.finish()?;
    expect_files(context, &[])
}

#[cfg(unix)]
pub(crate) fn link_leads_out(context: &Context) -> Result {
    let download = context.make_folder("download")?;
    write(&context.folder().join("precious"), b"precious")?;
    std::os::unix::fs::symlink("../precious", download.join("a.txt"))
        .map_err(|error| Stop::NotJudged(format!("cannot make a link: {error}")))?;
    let mut client = TcpClient::asking(context)?;
    client.server.send(&Stream::lesson_answer(client.dialect))?;
    client.finish()?;
    expect_content(context, "precious", b"precious")
}

pub(crate) fn wrong_md5(context: &Context) -> Result {
    let mut client = TcpClient::asking(context)?;
    client
        .server
        .send(&file(client.dialect, "a.txt", MD5_OF_NOTHING, CONTENT))?;
    client.finish()?;
    expect_files(context, &[])?;
    if client.program.process().stderr().text().is_empty() {
        return Err(context.fail("stderr says that the md5 is wrong", "it says nothing"));
    }
    Ok(())
}

pub(crate) fn old_file_kept(context: &Context) -> Result {
    let stored = context.make_folder("download")?.join("a.txt");
    write(&stored, b"older")?;
    let mut client = TcpClient::asking(context)?;
    client
        .server
        .send(&file(client.dialect, "a.txt", MD5_OF_NOTHING, CONTENT))?;
    client.finish()?;
    expect_content(context, STORED, b"older")?;

    let mut client = TcpClient::asking(context)?;
    let answer = Stream::lesson_answer(client.dialect);
    client.server.send(&answer[..answer.len() - 1])?;
    client.left_by(Stream::close).finish()?;
    expect_content(context, STORED, b"older")
}

pub(crate) fn more_than_announced(context: &Context) -> Result {
    let mut client = TcpClient::asking(context)?;
    let mut file = Stream::lesson_answer(client.dialect);
    file.extend(b"and more");
    client.server.send(&file)?;
    client.finish()?;
    expect_content(context, STORED, CONTENT)
}

pub(crate) fn killed_in_mid_file(context: &Context) -> Result {
    // So much fits into no buffer: when it is sent, the client has received some of it.
    let part = &large()[..LARGE / 4];
    let mut client = TcpClient::asking(context)?;
    let header = announce(&client.dialect.answers_in, "a.txt", LARGE_MD5, LARGE as u64);
    client.server.send(&header)?;
    client.server.send(part)?;
    client.program.kill()?;
    if Path::exists(&context.folder().join(STORED)) {
        return Err(context.fail(format!("no {STORED}"), "a part of the file has that name"));
    }
    Ok(())
}

pub(crate) fn header_control_characters(context: &Context) -> Result {
    let name = if context.dialect().answers_in.is_json() {
        r"a\u001b[2Jb"
    } else {
        "a\x1b[2Jb"
    };
    let mut client = TcpClient::asking(context)?;
    client
        .server
        .send(&file(client.dialect, name, MD5, CONTENT))?;
    client.program.await_screen("}\n")?;
    client.finish()?;
    client.program.expect_harmless_screen(&["\r"])?;
    expect_no_other(context)
}

pub(crate) fn error_header(context: &Context) -> Result {
    let mut client = TcpClient::asking(context)?;
    let header = r#"{"error": "no such file \u001b[2J today"}"#;
    client.server.send(&frame(header, b""))?;
    // The lines about the header come before.
    client.program.await_screen("}\n")?;
    client.one_round()?;
    client.finish()?;
    client.program.expect_harmless_screen(&["\r"])?;
    expect_files(context, &[STORED])?;
    let errors = client.program.process().stderr().text();
    if errors.contains("no such file") && errors.contains("today") {
        return Ok(());
    }
    Err(context.fail(
        "stderr shows the server's text",
        format!("it shows {errors:?}"),
    ))
}

pub(crate) fn quit_ends(context: &Context) -> Result {
    let mut client = TcpClient::start(context)?;
    client.type_line("quit")?;
    client.program.expect_success()?;
    let sent = client.server.receive_to_close()?;
    if sent.is_empty() {
        return Ok(());
    }
    Err(context.fail("the client sends nothing", notation::bytes(&sent)))
}
