//! A conversation for each program, with the transcript that the lesson's own program prints for it.

use std::fmt::Write;

use super::{Part, Session};

/// A conversation without files.
fn talk_of(server: Part, client: Part) -> Session {
    Session {
        server,
        client,
        ..Session::default()
    }
}

/// A conversation after which the server ends, too.
fn one_talk_of(server: Part, client: Part) -> Session {
    Session {
        server_ends: true,
        ..talk_of(server, client)
    }
}

fn part(args: &[&str], input: &str, transcript: &str) -> Part {
    Part {
        args: args.iter().map(ToString::to_string).collect(),
        input: input.to_owned(),
        transcript: transcript.to_owned(),
    }
}

/// Arguments of a client that sends by itself: three messages, without a pause.
const THREE: &[&str] = &["--count", "3", "--interval", "0"];

pub(super) fn echo_tcp() -> Session {
    talk_of(
        part(
            &[],
            "",
            "b'hello'\nb'w\\xc3\\xb6rld'\nb'\\xe4\\xbd\\xa0\\xe5\\xa5\\xbd'\n",
        ),
        part(
            &[],
            "hello\n\n  wörld \n你好\n",
            "请输入你:HELLO\n请输入你:请输入你:WöRLD\n请输入你:你好\n请输入你:",
        ),
    )
}

pub(super) fn phone() -> Session {
    talk_of(
        part(
            &[],
            "",
            "msg=b'hello' addr=('127.0.0.1', {peer})\nmsg=b' it\\'s \"me\" ' addr=('127.0.0.1', {peer})\n",
        ),
        part(
            &[],
            "hello\n\n it's \"me\" \n",
            ">>>>hello\n>>>>>>>> it's \"me\" \n>>>>",
        ),
    )
}

pub(super) fn oneshot_tcp() -> Session {
    one_talk_of(
        part(&[], "", "我收到客户端发的 hello hello\n"),
        part(&[], "", "我收到服务端回的 HELLO HELLO\n"),
    )
}

pub(super) fn framed_greeting() -> Session {
    let message = "x".repeat(2500);
    let mut lines = String::new();
    for size in [1024, 1024, 452] {
        // Writing to a String cannot fail.
        let _ = writeln!(lines, "b'{}'", "x".repeat(size));
    }
    one_talk_of(
        part(&["--message", &message], "", ""),
        part(&[], "", &lines),
    )
}

pub(super) fn echo_udp() -> Session {
    talk_of(
        part(&[], "", "b'hello'\nb'hello'\nb'hello'\n"),
        part(THREE, "", "b'HELLO'\nb'HELLO'\nb'HELLO'\n"),
    )
}

pub(super) fn talk() -> Session {
    talk_of(
        part(
            &[],
            " hello \n好的\n",
            "udp服务端开始运行了\nhi\n请输入udp服务端开始运行了\nhow are you\n请输入udp服务端开始运行了\n",
        ),
        part(
            &[],
            "hi\nhow are you\n",
            "udp客户端开始运行了\n请输入hello\nudp客户端开始运行了\n请输入好的\nudp客户端开始运行了\n请输入",
        ),
    )
}

pub(super) fn hello() -> Session {
    one_talk_of(
        part(&[], "", "hello server baby!\n"),
        part(&[], "", "b'hello' ('127.0.0.1', {port})\n"),
    )
}

pub(super) fn ack() -> Session {
    talk_of(
        part(
            &[],
            "",
            "data= b'hello',add = ('127.0.0.1', {peer})\ndata= b'',add = ('127.0.0.1', {peer})\ndata= b' a ',add = ('127.0.0.1', {peer})\n",
        ),
        part(
            &[],
            "hello\n\n a \n",
            ">>>>恭喜您传输成功\n>>>>恭喜您传输成功\n>>>>恭喜您传输成功\n>>>>",
        ),
    )
}

pub(super) fn boundaries() -> Session {
    one_talk_of(
        part(
            &[],
            "",
            "(b'hello', ('127.0.0.1', {peer}))\n(b'world', ('127.0.0.1', {peer}))\n(b'sdfas', ('127.0.0.1', {peer}))\n",
        ),
        part(&[], "", ""),
    )
}

pub(super) fn oneshot_udp() -> Session {
    one_talk_of(
        part(&[], "", "收到客户端消息 hello world!\n"),
        part(&[], "", "收到服务端消息 HELLO WORLD!\n"),
    )
}

/// Formats whose answer does not change from second to second; `tests/ntp.rs` looks at the time itself.
pub(super) fn ntp() -> Session {
    talk_of(
        part(
            &[],
            "",
            "收到客户端的命令是 %Z %z\n收到客户端的命令是 %C百年\n收到客户端的命令是 100%% %Q\n收到客户端的命令是 a%nb%tc\n",
        ),
        part(
            &[],
            "%Z %z\n%C百年\n100%% %Q\na%nb%tc\n",
            ">>>UTC +0000\n>>>20百年\n>>>100% %Q\n>>>a\nb\tc\n>>>",
        ),
    )
}

pub(super) fn sntp() -> Session {
    let answer = "offset {seconds} s, delay {seconds} s, error {seconds} s, stratum 1 (LOCL)\n";
    talk_of(
        part(&[], "", &"[127.0.0.1:{peer}] asks in version 4\n".repeat(3)),
        part(THREE, "", &answer.repeat(3)),
    )
}

pub(super) fn live() -> Session {
    let said = "anna: hello\nanna: 你好 \\x1b[2J\n";
    Session {
        at_any_time: true,
        ..talk_of(
            part(
                &[],
                "",
                &format!("* anna has come\n{said}* anna has left\n"),
            ),
            part(
                &[],
                "hello\n\n  你好 \x1b[2J \n/who\n",
                &format!(
                    "* you are anna: /who tells who is here, /quit ends\n* anna has come\n{said}* 1 is here: anna\n"
                ),
            ),
        )
    }
}

pub(super) fn qq_chat() -> Session {
    const LIST: &str = "QQ名单列表:\npony\njack\ncharles\nnick\n请输入聊天对象:>>";
    const ASK: &str = "请输入消息,回车发送:";
    talk_of(
        part(
            &[],
            "hello\n 好的 \n",
            "start running...\n来自[127.0.0.1:{peer}]的一条消息:\u{1b}[44mhi\u{1b}[0m\n回复消息:>>来自[127.0.0.1:{peer}]的一条消息:\u{1b}[44m你好\u{1b}[0m\n回复消息:>>",
        ),
        part(
            &[],
            "nobody\npony\n\nquit\n jack \nhi\n你好\n",
            &format!(
                "{LIST}{LIST}{ASK}{ASK}{LIST}{ASK}来自[127.0.0.1:{{port}}]的一条消息:\u{1b}[41mhello\u{1b}[0m\n\
                 {ASK}来自[127.0.0.1:{{port}}]的一条消息:\u{1b}[41m好的\u{1b}[0m\n{ASK}"
            ),
        ),
    )
}

/// One progress line as ftp-simple ends a download with.
const FULL_BAR: &str = "\r100%[****************************************************************************************************-]共计用时:{seconds}s\n执行结束\n";

pub(super) fn ftp_simple() -> Session {
    const ASK: &str = "请输入命令: ";
    let files = vec![
        ("share/a.txt", b"abc".to_vec()),
        ("share/my file.txt", Vec::new()),
        ("share/文件.bin", (0..=255).collect()),
        ("download/", Vec::new()),
    ];
    let transcript = format!(
        "{ASK}报头长度 83\n\
         报头字典 {{'filename': 'a.txt', 'filemd5': '900150983cd24fb0d6963f7d28e17f72', 'filesize': 3}}\n{FULL_BAR}\
         {ASK}{ASK}报头长度 89\n\
         报头字典 {{'filename': 'my file.txt', 'filemd5': 'd41d8cd98f00b204e9800998ecf8427e', 'filesize': 0}}\n\n执行结束\n\
         {ASK}报头长度 96\n\
         报头字典 {{'filename': '文件.bin', 'filemd5': 'e2c865db4162bed963bfaa9ef6ac18f0', 'filesize': 256}}\n{FULL_BAR}\
         {ASK}"
    );
    Session {
        files,
        server: part(
            &["--dir", "{dir}/share"],
            "",
            "FTP服务器开始运行啦!\nFTP服务器开始运行啦!\n",
        ),
        client: part(
            &["--dir", "{dir}/download"],
            "get a.txt\n\nget my file.txt\nget 文件.bin\nquit\n",
            &transcript,
        ),
        equal_files: vec![
            ("share/a.txt", "download/a.txt"),
            ("share/my file.txt", "download/my file.txt"),
            ("share/文件.bin", "download/文件.bin"),
        ],
        ..Session::default()
    }
}

pub(super) fn upload() -> Session {
    Session {
        files: vec![
            (
                "large.bin",
                (0..3_000_000_u32).map(|n| (n % 251) as u8).collect(),
            ),
            ("upload/", Vec::new()),
        ],
        server: part(&["--dir", "{dir}/upload"], "", ""),
        client: part(&["{dir}/large.bin", "--name", "b 文"], "", ""),
        equal_files: vec![("large.bin", "upload/b 文")],
        ..Session::default()
    }
}

pub(super) fn ftp_class() -> Session {
    const ASK: &str = ">>>:";
    let down = "{'filename': 'a.txt', 'md5': '900150983cd24fb0d6963f7d28e17f72', 'file_size': 3}";
    let up = "{'filename': 'b 文.txt', 'md5': 'e2fc714c4727ee9395f324cd2e7f331f', 'file_size': 4}";
    Session {
        files: vec![
            ("server/share/a.txt", b"abc".to_vec()),
            ("server/upload/", Vec::new()),
            ("client/share/b 文.txt", b"abcd".to_vec()),
            ("client/download/", Vec::new()),
        ],
        server: part(
            &["--dir", "{dir}/server"],
            "",
            &format!("starting...\n('127.0.0.1', {{peer}})\n{up}\n"),
        ),
        client: part(
            &["--dir", "{dir}/client"],
            "get a.txt\n\nget nothing\nput b 文.txt\nput nothing\n",
            &format!(
                "{ASK}{down}\n总大小:3 已下载:3\n下载成功!\n\
                 {ASK}{ASK}文件不存在\n\
                 {ASK}总大小:4 已上传:4\n上传成功!\n\
                 {ASK}文件不存在\n{ASK}"
            ),
        ),
        equal_files: vec![
            ("server/share/a.txt", "client/download/a.txt"),
            ("client/share/b 文.txt", "server/upload/b 文.txt"),
        ],
        ..Session::default()
    }
}

pub(super) fn threading_tcp() -> Session {
    talk_of(
        part(&[], "", "b'hello'\nb'hello'\nb'hello'\n"),
        part(THREE, "", "b'HELLO'\nb'HELLO'\nb'HELLO'\n"),
    )
}

pub(super) fn threading_udp() -> Session {
    let answer = "b'HELLO' ('127.0.0.1', {port})\n";
    talk_of(
        part(&[], "", "b'hello'\nb'hello'\nb'hello'\n"),
        part(THREE, "", &answer.repeat(3)),
    )
}

pub(super) fn threading_tcp_text() -> Session {
    talk_of(
        part(&[], "", "hello\nhello\nhello\n"),
        part(THREE, "", "HELLO\nHELLO\nHELLO\n"),
    )
}

pub(super) fn threading_udp_request() -> Session {
    let request = "(b'hello', <socket.socket fd={fd}, family=2, type=2, proto=0, laddr=('127.0.0.1', {port})>)\n";
    talk_of(
        part(&[], "", &request.repeat(3)),
        part(THREE, "", "HELLO\nHELLO\nHELLO\n"),
    )
}

pub(super) fn framed_echo() -> Session {
    talk_of(
        part(&[], "", &"收到客户端消息 hello world!\n".repeat(3)),
        part(THREE, "", &"HELLO WORLD!\n".repeat(3)),
    )
}
