//! The dialects. What a pair has in common with most others is left to `PLAIN`.

use super::dialect::{Answer, Asks, Client, Dialect, Files, Header, Key, Server, Serves, Transfer};

const PLAIN: Dialect = Dialect {
    question: "hello",
    answer: Answer::UpperBytes,
    asks_in: Header::None,
    answers_in: Header::None,
    server: SERVER,
    client: CLIENT,
    files: None,
};

const SERVER: Server = Server {
    opening: "",
    opens_each_round: false,
    shows: "{bytes}\n",
    serves: Serves::InTurn,
    stuck_by_hang_up: false,
};

const CLIENT: Client = Client {
    welcome: None,
    asks: Asks::Once,
    shows: "{text}\n",
};

pub(super) const ECHO_TCP: Dialect = Dialect {
    client: Client {
        asks: Asks::AtPrompt {
            prompt: "请输入你:",
            strips: true,
            sends_empty: false,
        },
        ..CLIENT
    },
    ..PLAIN
};

pub(super) const PHONE: Dialect = Dialect {
    answer: Answer::Same,
    server: Server {
        shows: "msg={bytes} addr={peer}\n",
        stuck_by_hang_up: true,
        ..SERVER
    },
    client: Client {
        asks: Asks::AtPrompt {
            prompt: ">>>>",
            strips: false,
            sends_empty: false,
        },
        ..CLIENT
    },
    ..PLAIN
};

pub(super) const ONESHOT_TCP: Dialect = Dialect {
    question: "hello hello",
    answer: Answer::UpperText,
    server: Server {
        shows: "我收到客户端发的 {text}\n",
        serves: Serves::Once,
        ..SERVER
    },
    client: Client {
        shows: "我收到服务端回的 {text}\n",
        ..CLIENT
    },
    ..PLAIN
};

pub(super) const FRAMED_GREETING: Dialect = Dialect {
    question: "",
    answer: Answer::Always("Hello Client!"),
    answers_in: Header::Json(&[Key::Size("size")]),
    server: Server {
        shows: "",
        serves: Serves::Once,
        ..SERVER
    },
    client: Client {
        shows: "{bytes}\n",
        ..CLIENT
    },
    ..PLAIN
};

pub(super) const ECHO_UDP: Dialect = Dialect {
    client: Client {
        asks: Asks::Again,
        shows: "{bytes}\n",
        ..CLIENT
    },
    ..PLAIN
};

pub(super) const TALK: Dialect = Dialect {
    answer: Answer::Typed,
    server: Server {
        opening: "udp服务端开始运行了\n",
        opens_each_round: true,
        shows: "{text}\n请输入",
        ..SERVER
    },
    client: Client {
        asks: Asks::AtPrompt {
            prompt: "udp客户端开始运行了\n请输入",
            strips: true,
            sends_empty: true,
        },
        ..CLIENT
    },
    ..PLAIN
};

pub(super) const HELLO: Dialect = Dialect {
    question: "hello server baby!",
    answer: Answer::Always("hello"),
    server: Server {
        shows: "{text}\n",
        serves: Serves::Once,
        ..SERVER
    },
    client: Client {
        shows: "{bytes} {peer}\n",
        ..CLIENT
    },
    ..PLAIN
};

pub(super) const ACK: Dialect = Dialect {
    answer: Answer::Always("恭喜您传输成功"),
    server: Server {
        shows: "data= {bytes},add = {peer}\n",
        ..SERVER
    },
    client: Client {
        asks: Asks::AtPrompt {
            prompt: ">>>>",
            strips: false,
            sends_empty: true,
        },
        ..CLIENT
    },
    ..PLAIN
};

pub(super) const BOUNDARIES: Dialect = Dialect {
    answer: Answer::Silence,
    server: Server {
        shows: "({bytes}, {peer})\n",
        serves: Serves::Once,
        ..SERVER
    },
    ..PLAIN
};

pub(super) const ONESHOT_UDP: Dialect = Dialect {
    question: "hello world!",
    answer: Answer::UpperText,
    server: Server {
        shows: "收到客户端消息 {text}\n",
        serves: Serves::Once,
        ..SERVER
    },
    client: Client {
        shows: "收到服务端消息 {text}\n",
        ..CLIENT
    },
    ..PLAIN
};

pub(super) const NTP: Dialect = Dialect {
    answer: Answer::Time,
    server: Server {
        shows: "收到客户端的命令是 {text}\n",
        ..SERVER
    },
    client: Client {
        asks: Asks::AtPrompt {
            prompt: ">>>",
            strips: false,
            sends_empty: true,
        },
        ..CLIENT
    },
    ..PLAIN
};

/// Questions and answers are packets of their own, made by `ntp::sntp`.
pub(super) const SNTP: Dialect = Dialect {
    question: "",
    answer: Answer::Sntp,
    server: Server {
        shows: "[{ip}:{port}] asks in version 4\n",
        ..SERVER
    },
    ..PLAIN
};

pub(super) const QQ_CHAT: Dialect = Dialect {
    answer: Answer::Typed,
    server: Server {
        opening: "start running...\n",
        shows: "来自[{ip}:{port}]的一条消息:\x1b[44m{text}\x1b[0m\n回复消息:>>",
        ..SERVER
    },
    client: Client {
        welcome: Some((
            "QQ名单列表:\npony\njack\ncharles\nnick\n请输入聊天对象:>>",
            "pony",
        )),
        asks: Asks::AtPrompt {
            prompt: "请输入消息,回车发送:",
            strips: true,
            sends_empty: false,
        },
        shows: "来自[{ip}:{port}]的一条消息:\x1b[41m{text}\x1b[0m\n",
    },
    ..PLAIN
};

/// The datagrams are objects with tokens and numbers in them, made by `qq_chat::live`.
pub(super) const LIVE: Dialect = Dialect {
    question: "",
    answer: Answer::Live,
    server: Server {
        shows: "",
        ..SERVER
    },
    ..PLAIN
};

pub(super) const FTP_SIMPLE: Dialect = Dialect {
    question: "get a.txt",
    answer: Answer::File,
    answers_in: Header::Json(&[
        Key::Name("filename"),
        Key::Md5("filemd5"),
        Key::Size("filesize"),
    ]),
    server: Server {
        opening: "FTP服务器开始运行啦!\n",
        opens_each_round: true,
        shows: "",
        stuck_by_hang_up: true,
        ..SERVER
    },
    client: Client {
        asks: Asks::AtPrompt {
            prompt: "请输入命令: ",
            strips: true,
            sends_empty: false,
        },
        shows: "",
        ..CLIENT
    },
    files: Some(Files {
        command_end: Some(""),
        puts: false,
        confirms: false,
        server_dir: "lesson/share",
        client_dir: "download",
        download: Some(Transfer {
            header: "报头长度 {length}\n报头字典 {dict}\n",
            last: r"(^|\r)100%\[\*{100}-\]共计用时:\d+\.\d{3}s$",
            end: "\n执行结束\n",
        }),
    }),
    ..PLAIN
};

pub(super) const UPLOAD: Dialect = Dialect {
    question: "",
    answer: Answer::File,
    asks_in: Header::Json(&[Key::Name("file_name"), Key::Size("file_size")]),
    // Ours confirms; the lesson's server is silent.
    answers_in: Header::Json(&[
        Key::Name("file_name"),
        Key::Size("file_size"),
        Key::Md5("md5"),
    ]),
    server: Server {
        shows: "",
        ..SERVER
    },
    files: Some(Files {
        command_end: None,
        puts: true,
        confirms: false,
        server_dir: "lesson/upload",
        client_dir: "",
        download: None,
    }),
    ..PLAIN
};

/// What the header of ftp-class becomes on a screen.
const CLASS_HEADER: Header = Header::Bincode(&[
    Key::Name("filename"),
    Key::Md5("md5"),
    Key::Size("file_size"),
]);

pub(super) const FTP_CLASS: Dialect = Dialect {
    question: "get a.txt",
    answer: Answer::File,
    asks_in: CLASS_HEADER,
    answers_in: CLASS_HEADER,
    server: Server {
        opening: "starting...\n",
        shows: "{peer}\n{dict}\n",
        stuck_by_hang_up: true,
        ..SERVER
    },
    client: Client {
        asks: Asks::AtPrompt {
            prompt: ">>>:",
            strips: true,
            sends_empty: false,
        },
        shows: "",
        ..CLIENT
    },
    files: Some(Files {
        command_end: Some("\n"),
        puts: true,
        confirms: true,
        server_dir: "lesson",
        client_dir: ".",
        download: Some(Transfer {
            header: "{dict}\n",
            last: r"(^|\n)总大小:{size} 已下载:{size}\n$",
            end: "下载成功!\n",
        }),
    }),
};

pub(super) const THREADING_TCP: Dialect = Dialect {
    server: Server {
        serves: Serves::SideBySide,
        ..SERVER
    },
    client: Client {
        asks: Asks::Again,
        shows: "{bytes}\n",
        ..CLIENT
    },
    ..PLAIN
};

pub(super) const THREADING_UDP: Dialect = Dialect {
    client: Client {
        shows: "{bytes} {peer}\n",
        ..THREADING_TCP.client
    },
    ..THREADING_TCP
};

pub(super) const THREADING_TCP_TEXT: Dialect = Dialect {
    server: Server {
        shows: "{text}\n",
        ..THREADING_TCP.server
    },
    client: Client {
        shows: "{text}\n",
        ..THREADING_TCP.client
    },
    ..THREADING_TCP
};

pub(super) const THREADING_UDP_REQUEST: Dialect = Dialect {
    server: Server {
        // Python's versions differ in how they write the socket's family and type.
        shows: "({bytes}, <socket.socket fd=…, proto=0, laddr={own}>)\n",
        ..THREADING_TCP.server
    },
    client: Client {
        shows: "{text}\n",
        ..THREADING_TCP.client
    },
    ..THREADING_TCP
};

/// The header of the framed echo, both ways.
const MESSAGE: Header = Header::Json(&[Key::Size("data_size")]);

pub(super) const FRAMED_ECHO: Dialect = Dialect {
    question: "hello world!",
    answer: Answer::UpperText,
    asks_in: MESSAGE,
    answers_in: MESSAGE,
    server: Server {
        shows: "收到客户端消息 {text}\n",
        ..THREADING_TCP.server
    },
    client: Client {
        shows: "{text}\n",
        ..THREADING_TCP.client
    },
    ..THREADING_TCP
};
