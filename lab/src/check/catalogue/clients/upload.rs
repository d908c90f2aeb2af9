//! Uploads: program 14, and put of program 15.

use std::fs;

use crate::check::Check;
use crate::check::Grade::{Protocol, Robust};
use crate::check::catalogue::clients::tcp_client::{
    LARGE_MD5, MD5, TcpClient, UPLOAD, class_frame, expect_upload, large, upload_answer, write,
};
use crate::check::catalogue::clients::tcp_session::one_round;
use crate::check::catalogue::wire::{MD5_OF_NOTHING, bincode, frame};
use crate::check::engine::context::Context;
use crate::check::engine::trial::Verdict;

const UPLOADER: &[&str] = &["ftp-simple/upload-client"];
const CLASS: &[&str] = &["ftp-class/client"];

/// What program 15 uploads, and its md5.
const PUT: &[u8] = b"abcd";
const PUT_MD5: &str = "e2fc714c4727ee9395f324cd2e7f331f";

pub(in crate::check::catalogue) const CHECKS: &[Check] = &[
    Check {
        name: "empty-file",
        grade: Protocol,
        targets: UPLOADER,
        sentence: "The file {dir}/file.bin is empty; the client announces 0 bytes, sends none, and ends well.",
        hint: "The header goes out for an empty file too: the server makes an empty file of it.",
        run: |context| uploads(context, b"", MD5_OF_NOTHING),
    },
    Check {
        name: "large-file",
        grade: Protocol,
        targets: UPLOADER,
        sentence: "The file {dir}/file.bin has 64 MiB; all of them arrive, byte for byte.",
        hint: "send may take less than it is given once the buffer is full; what it did not take is lost. Use sendall, and open the file in binary mode.",
        run: |context| uploads(context, large(), LARGE_MD5),
    },
    Check {
        name: "put",
        grade: Protocol,
        targets: CLASS,
        sentence: "put up.txt is typed; the command goes out with a newline, then the header and the bytes of {dir}/share/up.txt. The server confirms, and the client shows 上传成功!.",
        hint: "The newline ends the command, so that the header cannot stick to it. The header: the name's length in 8 bytes and the name, 32 in 8 bytes and the md5, the size in 8 bytes, all little-endian.",
        run: |context| puts(context, PUT, PUT_MD5),
    },
    Check {
        name: "put-empty-file",
        grade: Protocol,
        targets: CLASS,
        sentence: "put up.txt is typed, and {dir}/share/up.txt is empty; the client announces 0 bytes, sends none, and shows 上传成功!.",
        hint: "The header goes out for an empty file too, and there is no line of progress.",
        run: |context| puts(context, b"", MD5_OF_NOTHING),
    },
    Check {
        name: "put-missing-file",
        grade: Protocol,
        targets: CLASS,
        sentence: "put is typed for a file that is not in {dir}/share; the client shows 文件不存在 and goes on.",
        hint: "Look for the file before anything is sent: a server that got the command waits for a header.",
        run: put_missing_file,
    },
    Check {
        name: "confirmed-wrong",
        grade: Robust,
        targets: UPLOADER,
        sentence: "The server confirms another md5, or another size, than was sent; the client says so in one line on stderr, and ends with status 1.",
        hint: "The lesson's client reads no answer; grade robust asks it to read what the server has stored, a header as the one that it sent: {\"file_name\", \"file_size\", \"md5\"}. Hash while sending, and compare md5 and size.",
        run: confirmed_wrong,
    },
    Check {
        name: "refused",
        grade: Robust,
        targets: UPLOADER,
        sentence: "The server answers with the header {\"error\": ...}, a terminal escape in its text; the client shows the text in one line on stderr, the escape escaped, and ends with status 1.",
        hint: "The lesson's client reads no answer; grade robust asks it to. Look for the key error before the keys of a confirmation. The text is the server's: make its control characters visible before a terminal sees them.",
        run: refused,
    },
    Check {
        name: "put-confirmed-wrong",
        grade: Robust,
        targets: CLASS,
        sentence: "After a put the server confirms another md5 than was sent; the client says so in one line on stderr, ends with status 1, and never shows 上传成功!.",
        hint: "The server says what it has stored: compare its md5 with that of the file before you call it a success.",
        run: put_confirmed_wrong,
    },
    Check {
        name: "put-unconfirmed",
        grade: Robust,
        targets: CLASS,
        sentence: "After a put the server closes without a confirmation; the client says so in one line on stderr, ends with status 1, and never shows 上传成功!.",
        hint: "That the bytes were sent does not mean that they were stored: success is what the server confirms.",
        run: put_unconfirmed,
    },
    Check {
        name: "put-refused",
        grade: Robust,
        targets: CLASS,
        sentence: "After a put the server answers with a header's length of 0: it has refused the file; the client says so on stderr, does not show 上传成功!, and goes on.",
        hint: "0 stands for no file in this lesson. It is no confirmation, and not the end of the conversation.",
        run: put_refused,
    },
];

fn uploads(context: &Context, bytes: &[u8], md5: &str) -> Verdict {
    write(&context.folder().join(UPLOAD), bytes)?;
    let mut client = TcpClient::start(context)?;
    expect_upload(&mut client.stream, bytes)?;
    client.send_answer(&frame(upload_answer(md5, bytes.len()), b""))?;
    client.program.expect_success()
}

fn confirmed_wrong(context: &mut Context) -> Verdict {
    for answer in [upload_answer(MD5_OF_NOTHING, 3), upload_answer(MD5, 2)] {
        let mut client = TcpClient::start(context)?;
        client.ask()?;
        client.stream.send(&frame(&answer, b""))?;
        client.expect_error()?;
    }
    Ok(())
}

fn refused(context: &mut Context) -> Verdict {
    let mut client = TcpClient::start(context)?;
    client.ask()?;
    let header = r#"{"error": "the disk \u001b[2J is full"}"#;
    client.stream.send(&frame(header, b""))?;
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
fn put(context: &Context, bytes: &[u8], md5: &str) -> Verdict<TcpClient> {
    let file = context.make_folder("share")?.join("up.txt");
    write(&file, bytes)?;
    let mut client = TcpClient::start(context)?;
    client.ask_line("put up.txt")?;
    let frame = class_frame("up.txt", md5, bytes.len() as u64, bytes);
    client.stream.expect(&frame)?;
    Ok(client)
}

/// The header with which the server confirms.
fn confirmation(md5: &str, size: usize) -> Vec<u8> {
    frame(bincode(b"up.txt", md5, size as u64), b"")
}

fn puts(context: &Context, bytes: &[u8], md5: &str) -> Verdict {
    let mut client = put(context, bytes, md5)?;
    let size = bytes.len();
    client.stream.send(&confirmation(md5, size))?;
    let progress = client.program.await_screen("上传成功!\n")?;
    let last = format!("总大小:{size} 已上传:{size}\n");
    if !progress.ends_with(&last) && size > 0 || size == 0 && !progress.is_empty() {
        return Err(context.fail(
            format!("the last line of progress is {last:?} (of an empty file there is none)"),
            format!("{progress:?}"),
        ));
    }
    // The conversation is in step: a download works.
    one_round(context, &mut client)?;
    let kept = fs::read(context.folder().join("share/up.txt")).is_ok_and(|kept| kept == bytes);
    if kept {
        return Ok(());
    }
    Err(context.fail("the file in share is as it was", "it is not"))
}

fn put_missing_file(context: &mut Context) -> Verdict {
    let mut client = TcpClient::start(context)?;
    client.type_line("put nothing.txt")?;
    client.program.expect_screen("文件不存在\n>>>:")
}

fn put_confirmed_wrong(context: &mut Context) -> Verdict {
    let mut client = put(context, PUT, PUT_MD5)?;
    client
        .stream
        .send(&confirmation(MD5_OF_NOTHING, PUT.len()))?;
    client.expect_error()?;
    expect_no_success(context, &client)
}

fn put_unconfirmed(context: &mut Context) -> Verdict {
    let mut client = put(context, PUT, PUT_MD5)?;
    client.stream.finish_sending();
    client.expect_error()?;
    expect_no_success(context, &client)
}

fn put_refused(context: &mut Context) -> Verdict {
    let mut client = put(context, PUT, PUT_MD5)?;
    client.stream.send(&[0; 4])?;
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

fn expect_no_success(context: &Context, client: &TcpClient) -> Verdict {
    match client.program.rest() {
        rest if rest.contains("上传成功") => {
            Err(context.fail("no 上传成功!", format!("the screen shows {rest:?}")))
        }
        _ => Ok(()),
    }
}
