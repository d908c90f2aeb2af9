//! Uploads, by themselves or by the command put.

use std::fs;

use crate::check::catalogue::clients::client::{MD5, TcpClient, UPLOAD, expect_upload, file};
use crate::check::catalogue::wire::{MD5_OF_NOTHING, announce, frame, write};
use crate::check::engine::context::Context;
use crate::check::engine::trial::Result;

/// What is put, and its md5.
pub(crate) const PUT: &[u8] = b"abcd";
pub(crate) const PUT_MD5: &str = "e2fc714c4727ee9395f324cd2e7f331f";

pub(crate) fn uploads(context: &Context, bytes: &[u8], md5: &str) -> Result {
    write(&context.folder().join(UPLOAD), bytes)?;
    let mut client = TcpClient::start(context)?;
    expect_upload(&mut client.server, bytes)?;
    client
        .server
        .send(&confirmation(context, UPLOAD, md5, bytes.len()))?;
    client.program.expect_success()?;
    client.server.expect_no_more()
}

pub(crate) fn confirmed_wrong(context: &Context) -> Result {
    for (md5, size) in [(MD5_OF_NOTHING, 3), (MD5, 2)] {
        let mut client = TcpClient::asking(context)?;
        client
            .server
            .send(&confirmation(context, UPLOAD, md5, size))?;
        client.expect_error()?;
    }
    Ok(())
}

pub(crate) fn refused(context: &Context) -> Result {
    let mut client = TcpClient::asking(context)?;
    let header = r#"{"error": "the disk \u001b[2J is full"}"#;
    client.server.send(&frame(header, b""))?;
    let status = client.program.expect_end()?;
    client.program.expect_harmless_screen(&[])?;
    let errors = client.program.process().stderr().text();
    let shown = errors.contains("the disk") && errors.contains("is full");
    if status.code() == Some(1) && shown && errors.lines().count() == 1 {
        return Ok(());
    }
    Err(context.fail(
        "one line on stderr with the server's text, and status 1",
        format!("{status}; stderr: {errors:?}"),
    ))
}

/// Types put up.txt, and receives what the client sends.
fn put(context: &Context, bytes: &[u8], md5: &str) -> Result<TcpClient> {
    let path = context.make_folder("share")?.join("up.txt");
    write(&path, bytes)?;
    let mut client = TcpClient::start(context)?;
    client.ask_line("put up.txt")?;
    client
        .server
        .expect(&file(client.dialect, "up.txt", md5, bytes))?;
    Ok(client)
}

/// The header with which the server confirms.
fn confirmation(context: &Context, name: &str, md5: &str, size: usize) -> Vec<u8> {
    announce(&context.dialect().answers_in, name, md5, size as u64)
}

pub(crate) fn puts(context: &Context, bytes: &[u8], md5: &str) -> Result {
    let mut client = put(context, bytes, md5)?;
    let size = bytes.len();
    client
        .server
        .send(&confirmation(context, "up.txt", md5, size))?;
    let progress = client.program.await_screen("上传成功!\n")?;
    let last = format!("总大小:{size} 已上传:{size}\n");
    if !progress.ends_with(&last) && size > 0 || size == 0 && !progress.is_empty() {
        return Err(context.fail(
            format!("the last line of progress is {last:?} (of an empty file there is none)"),
            format!("{progress:?}"),
        ));
    }
    // The conversation is in step: a download works.
    client.one_round()?;
    let kept = fs::read(context.folder().join("share/up.txt")).is_ok_and(|kept| kept == bytes);
    if kept {
        return Ok(());
    }
    Err(context.fail("the file in share is as it was", "it is not"))
}

pub(crate) fn put_missing_file(context: &Context) -> Result {
    let mut client = TcpClient::start(context)?;
    client.type_line("put nothing.txt")?;
    client.program.expect_screen("文件不存在\n>>>:")
}

pub(crate) fn put_confirmed_wrong(context: &Context) -> Result {
    let mut client = put(context, PUT, PUT_MD5)?;
    client
        .server
        .send(&confirmation(context, "up.txt", MD5_OF_NOTHING, PUT.len()))?;
    client.expect_error()?;
    expect_no_success(context, &client)
}

pub(crate) fn put_unconfirmed(context: &Context) -> Result {
    let mut client = put(context, PUT, PUT_MD5)?;
    client.server.finish_sending();
    client.expect_error()?;
    expect_no_success(context, &client)
}

pub(crate) fn put_refused(context: &Context) -> Result {
    let mut client = put(context, PUT, PUT_MD5)?;
    client.server.send(&[0; 4])?;
    let progress = client.program.await_screen(">>>:")?;
    if progress.contains("上传成功") {
        return Err(context.fail("no 上传成功!", format!("{progress:?}")));
    }
    client.program.end_input();
    client.program.expect_end()?;
    if client.program.process().stderr().text().is_empty() {
        return Err(context.fail("stderr says that the file is refused", "it says nothing"));
    }
    Ok(())
}

fn expect_no_success(context: &Context, client: &TcpClient) -> Result {
    match client.program.rest() {
        rest if rest.contains("上传成功") => {
            Err(context.fail("no 上传成功!", format!("the screen shows {rest:?}")))
        }
        _ => Ok(()),
    }
}
