//! Downloads: programs 13 and 15.

use std::fs;
use std::path::Path;

use common::notation;

use crate::check::Check;
use crate::check::Grade::{Protocol, Robust};
use crate::check::catalogue::clients::tcp_client::{
    CONTENT, LARGE, LARGE_MD5, MD5, TcpClient, answer, class_frame, expect_files, files, large,
    simple_header, write,
};
use crate::check::catalogue::clients::tcp_session::one_round;
use crate::check::catalogue::wire::{MD5_OF_NOTHING, frame};
use crate::check::engine::context::Context;
use crate::check::engine::trial::{Stop, Verdict};

const CLIENTS: &[&str] = &["ftp-simple/client", "ftp-class/client"];

/// Where the file lands that is asked for.
const STORED: &str = "download/a.txt";

pub(in crate::check::catalogue) const CHECKS: &[Check] = &[
    Check {
        name: "stored",
        grade: Protocol,
        targets: CLIENTS,
        sentence: "A file is downloaded; it is in the download folder, byte for byte, and nothing else is.",
        hint: "Open the file in binary mode ('wb'), write exactly as many bytes as the header announces, and close it. The folder is given as {dir}: program 13 stores in {dir} itself, program 15 in {dir}/download.",
        run: stored,
    },
    Check {
        name: "empty-file",
        grade: Protocol,
        targets: CLIENTS,
        sentence: "A file of 0 bytes is downloaded; it is there, and the client goes on.",
        hint: "With a size of 0 there is nothing to receive: a recv waits for ever, and a percentage of 0 divides by zero.",
        run: empty_file,
    },
    Check {
        name: "large-file",
        grade: Protocol,
        targets: CLIENTS,
        sentence: "A file of 64 MiB is downloaded; it is in the download folder, byte for byte.",
        hint: "Receive in a loop until as many bytes came as the header announced, and write each block as it comes.",
        run: large_file,
    },
    Check {
        name: "missing-file",
        grade: Protocol,
        targets: &["ftp-class/client"],
        sentence: "The server answers with a header's length of 0; the client shows 文件不存在 and goes on.",
        hint: "0 is this lesson's answer for a file that is not there: no header follows.",
        run: missing_file,
    },
    Check {
        name: "quit",
        grade: Protocol,
        targets: &["ftp-simple/client"],
        sentence: "quit is typed; the client sends nothing, closes the connection and ends.",
        hint: "quit is for the client itself: break the loop, close the socket.",
        run: quit,
    },
    Check {
        name: "name-with-blanks",
        grade: Robust,
        targets: CLIENTS,
        sentence: "A file is asked for whose name has blanks and characters beyond ASCII; the command goes out as it was typed, and the file is stored under that name.",
        hint: "split() takes a name with blanks apart. Split once: the first word is the command, the rest is the name.",
        run: name_with_blanks,
    },
    Check {
        name: "server-chooses-name",
        grade: Robust,
        targets: CLIENTS,
        sentence: "a.txt is asked for, and the header names ../evil.txt, an absolute path, or another file; nothing is stored but a.txt.",
        hint: "A client that stores under the name in the header lets the server overwrite any file of its user. Store under the name that was asked for.",
        run: server_chooses_name,
    },
    Check {
        name: "name-leads-out",
        grade: Robust,
        targets: CLIENTS,
        sentence: "get ../evil.txt is typed, and the server sends a file; nothing is stored outside the download folder.",
        hint: "os.path.join(folder, '../x') is a path beside the folder. Refuse names that are not one plain name: no separator, not .., not absolute.",
        run: name_leads_out,
    },
    #[cfg(unix)]
    Check {
        name: "link-leads-out",
        grade: Robust,
        targets: CLIENTS,
        sentence: "In the download folder the name is a link to a file elsewhere; that file keeps its content.",
        hint: "open(name, 'wb') follows a link and writes through it. Write to a new file and rename it: the link is replaced.",
        run: link_leads_out,
    },
    Check {
        name: "wrong-md5",
        grade: Robust,
        targets: CLIENTS,
        sentence: "The bytes that come do not have the md5 of the header; nothing is stored, and the client says so on stderr.",
        hint: "The header carries the md5 so that the receiver can compare: hash while receiving, and give the file its name only if the md5 is right.",
        run: wrong_md5,
    },
    Check {
        name: "old-file-kept",
        grade: Robust,
        targets: CLIENTS,
        sentence: "A file of that name is there already; when the md5 is wrong, or the server leaves in the middle, it keeps its content.",
        hint: "open(name, 'wb') empties the old file before the first new byte has come. Write to a temporary file, and rename it when all is there and right.",
        run: old_file_kept,
    },
    Check {
        name: "more-than-announced",
        grade: Robust,
        targets: CLIENTS,
        sentence: "More bytes come than the header announced; the file has those that were announced, and not one more.",
        hint: "recv(1024) may return the file's end together with what follows it. Ask for no more than what is left of the file.",
        run: more_than_announced,
    },
    Check {
        name: "killed-in-mid-file",
        grade: Robust,
        targets: CLIENTS,
        sentence: "The client is killed (kill -9) in the middle of a file; no file has the final name.",
        hint: "A file that has its final name from the first byte on looks whole when it is not. Write to a temporary file, and rename it at the end.",
        run: killed_in_mid_file,
    },
    Check {
        name: "header-control-characters",
        grade: Robust,
        targets: CLIENTS,
        sentence: "The name in the header has a terminal escape in it; the client shows it escaped, and stores nothing under it.",
        hint: "A terminal obeys what it is sent, whoever wrote it. Python's repr escapes control characters, and a dict is printed with the repr of its texts; print the name alone, and it is raw.",
        run: header_control_characters,
    },
    Check {
        name: "error-header",
        grade: Robust,
        targets: &["ftp-simple/client"],
        sentence: "The server answers with the header {\"error\": ...}, a terminal escape in its text; the client shows the text on stderr, the escape escaped, and the next download works.",
        hint: "The lesson's server closes the connection instead; grade robust asks a client to know this header too. Look for the key error before the keys of a file. The text is the server's: make its control characters visible before a terminal sees them.",
        run: error_header,
    },
];

/// A file as the server of program `number` sends it. `name` is as it stands in the JSON header.
fn file(number: u8, name: &str, md5: &str, bytes: &[u8]) -> Vec<u8> {
    [&header(number, name, md5, bytes.len()), bytes].concat()
}

/// The header of a file, with its length before it.
fn header(number: u8, name: &str, md5: &str, size: usize) -> Vec<u8> {
    match number {
        13 => frame(simple_header(name, md5, size), b""),
        _ => class_frame(name, md5, size as u64, b""),
    }
}

/// Fails unless the file has exactly this content.
fn expect_content(context: &Context, path: &str, bytes: &[u8]) -> Verdict {
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
fn expect_no_other(context: &Context) -> Verdict {
    let other = files(context)?.into_iter().find(|name| name != STORED);
    other.map_or(Ok(()), |name| {
        Err(context.fail(
            format!("no file but {STORED}"),
            format!("there is {name:?}"),
        ))
    })
}

/// Ends the input and waits until the client has done all that it does.
fn finish(client: &mut TcpClient) -> Verdict {
    client.program.end_input();
    client.program.expect_end().map(|_| ())
}

fn stored(context: &mut Context) -> Verdict {
    let mut client = TcpClient::start(context)?;
    one_round(context, &mut client)?;
    finish(&mut client)?;
    expect_files(context, &[STORED])?;
    expect_content(context, STORED, CONTENT)
}

fn empty_file(context: &mut Context) -> Verdict {
    let mut client = TcpClient::start(context)?;
    client.ask()?;
    let file = file(context.number(), "a.txt", MD5_OF_NOTHING, b"");
    client.stream.send(&file)?;
    client.expect_download("a.txt", MD5_OF_NOTHING, 0)?;
    one_round(context, &mut client)?;
    client.ask()?;
    client.stream.send(&file)?;
    client.expect_download("a.txt", MD5_OF_NOTHING, 0)?;
    finish(&mut client)?;
    expect_content(context, STORED, b"")
}

fn large_file(context: &mut Context) -> Verdict {
    // Made before the client waits: it may have a time limit.
    let bytes = large();
    let mut client = TcpClient::start(context)?;
    client.ask()?;
    let header = header(context.number(), "a.txt", LARGE_MD5, LARGE);
    client.stream.send(&header)?;
    client.stream.send(bytes)?;
    finish(&mut client)?;
    expect_files(context, &[STORED])?;
    expect_content(context, STORED, bytes)
}

fn missing_file(context: &mut Context) -> Verdict {
    let mut client = TcpClient::start(context)?;
    client.ask()?;
    client.stream.send(&[0; 4])?;
    client.program.expect_screen("文件不存在\n")?;
    one_round(context, &mut client)
}

fn name_with_blanks(context: &mut Context) -> Verdict {
    let mut client = TcpClient::start(context)?;
    client.ask_line("get my 文件.txt")?;
    client
        .stream
        .send(&file(context.number(), "my 文件.txt", MD5, CONTENT))?;
    client.expect_download("my 文件.txt", MD5, CONTENT.len())?;
    finish(&mut client)?;
    expect_files(context, &["download/my 文件.txt"])
}

fn server_chooses_name(context: &mut Context) -> Verdict {
    let absolute = context.folder().join("evil.txt").display().to_string();
    for name in ["../evil.txt", &absolute, "other.txt"] {
        let mut client = TcpClient::start(context)?;
        client.ask()?;
        client
            .stream
            .send(&file(context.number(), name, MD5, CONTENT))?;
        finish(&mut client)?;
        expect_no_other(context)?;
    }
    Ok(())
}

fn name_leads_out(context: &mut Context) -> Verdict {
    let mut client = TcpClient::start(context)?;
    client.type_line("get ../evil.txt")?;
    // Whether it asked or not.
    client
        .stream
        .send(&file(context.number(), "../evil.txt", MD5, CONTENT))?;
    finish(&mut client)?;
    expect_files(context, &[])
}

#[cfg(unix)]
fn link_leads_out(context: &mut Context) -> Verdict {
    let download = context.make_folder("download")?;
    write(&context.folder().join("precious"), b"precious")?;
    std::os::unix::fs::symlink("../precious", download.join("a.txt"))
        .map_err(|error| Stop::NotJudged(format!("cannot make a link: {error}")))?;
    let mut client = TcpClient::start(context)?;
    client.ask()?;
    client.stream.send(&answer(context.number()))?;
    finish(&mut client)?;
    expect_content(context, "precious", b"precious")
}

fn wrong_md5(context: &mut Context) -> Verdict {
    let mut client = TcpClient::start(context)?;
    client.ask()?;
    client
        .stream
        .send(&file(context.number(), "a.txt", MD5_OF_NOTHING, CONTENT))?;
    finish(&mut client)?;
    expect_files(context, &[])?;
    if client.program.process().stderr().text().is_empty() {
        return Err(context.fail("stderr says that the md5 is wrong", "it says nothing"));
    }
    Ok(())
}

fn old_file_kept(context: &mut Context) -> Verdict {
    let stored = context.make_folder("download")?.join("a.txt");
    write(&stored, b"older")?;
    let mut client = TcpClient::start(context)?;
    client.ask()?;
    client
        .stream
        .send(&file(context.number(), "a.txt", MD5_OF_NOTHING, CONTENT))?;
    finish(&mut client)?;
    expect_content(context, STORED, b"older")?;

    let mut client = TcpClient::start(context)?;
    client.ask()?;
    let answer = answer(context.number());
    client.stream.send(&answer[..answer.len() - 1])?;
    client.stream.close();
    client.program.end_input();
    client.program.expect_end()?;
    expect_content(context, STORED, b"older")
}

fn more_than_announced(context: &mut Context) -> Verdict {
    let mut client = TcpClient::start(context)?;
    client.ask()?;
    let mut file = answer(context.number());
    file.extend(b"and more");
    client.stream.send(&file)?;
    finish(&mut client)?;
    expect_content(context, STORED, CONTENT)
}

fn killed_in_mid_file(context: &mut Context) -> Verdict {
    // So much fits into no buffer: when it is sent, the client has received some of it.
    let part = &large()[..LARGE / 4];
    let mut client = TcpClient::start(context)?;
    client.ask()?;
    let header = header(context.number(), "a.txt", LARGE_MD5, LARGE);
    client.stream.send(&header)?;
    client.stream.send(part)?;
    client.program.kill()?;
    if Path::exists(&context.folder().join(STORED)) {
        return Err(context.fail(format!("no {STORED}"), "a part of the file has that name"));
    }
    Ok(())
}

fn header_control_characters(context: &mut Context) -> Verdict {
    let number = context.number();
    let name = if number == 13 {
        r"a\u001b[2Jb"
    } else {
        "a\x1b[2Jb"
    };
    let mut client = TcpClient::start(context)?;
    client.ask()?;
    client.stream.send(&file(number, name, MD5, CONTENT))?;
    client.program.await_screen("}\n")?;
    finish(&mut client)?;
    client.program.expect_harmless_screen(&["\r"])?;
    expect_no_other(context)
}

fn error_header(context: &mut Context) -> Verdict {
    let mut client = TcpClient::start(context)?;
    client.ask()?;
    let header = r#"{"error": "no such file \u001b[2J today"}"#;
    client.stream.send(&frame(header, b""))?;
    // The lines about the header come before.
    client.program.await_screen("}\n")?;
    one_round(context, &mut client)?;
    finish(&mut client)?;
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
fn quit(context: &mut Context) -> Verdict {
    let mut client = TcpClient::start(context)?;
    client.type_line("quit")?;
    client.program.expect_success()?;
    let sent = client.stream.receive_to_close()?;
    if sent.is_empty() {
        return Ok(());
    }
    Err(context.fail("the client sends nothing", notation::bytes(&sent)))
}
