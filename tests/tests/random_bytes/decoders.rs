//! Every decoder, called directly.

use std::io::Write;
use std::net::{TcpListener, TcpStream};
use std::time::Duration;

use common::files::commands::{Commands, words};
use common::files::names;
use common::header::{self, MAX_HEADER};
use ftp_class::FileHeader;
use ntp::sntp::answer::Sample;
use ntp::sntp::packet::{Packet, SIZE};
use ntp::sntp::timestamp::Timestamp;
use ntp::{local_time, strftime};
use proptest::collection::vec;
use proptest::prelude::*;
use qq_chat::live::datagram::{Answer, Event, Question, Request, Secret};
use serde_json::json;

use crate::mutation::mutated;

/// The largest body that these tests accept, in bytes.
const MOST: usize = 1 << 20;

fn frames() -> Vec<Vec<u8>> {
    let sizes = json!({"data_size": 5, "size": 5, "file_name": "a.txt", "file_size": 5});
    let names = json!({"filename": "文件.txt", "filemd5": "0".repeat(32), "filesize": 5});
    let frame = |fields| header::pack_json(fields, b"hello").unwrap();
    vec![
        frame(&sizes),
        frame(&names),
        [frame(&sizes), frame(&sizes)].concat(),
    ]
}

fn file_headers() -> Vec<Vec<u8>> {
    let header = FileHeader {
        filename: "文件.txt".to_owned(),
        md5: "0".repeat(32),
        file_size: 5,
    };
    // A pickle of {'filename': 'a.txt', 'file_size': 3}, as the lesson's own client sends it.
    let pickle = b"\x80\x04\x95\x26\0\0\0\0\0\0\0}\x94(\x8c\x08filename\x94\x8c\x05a.txt\x94\x8c\tfile_size\x94K\x03u.";
    vec![header.encode().unwrap(), pickle.to_vec()]
}

fn questions() -> Vec<Vec<u8>> {
    let (token, n) = (Secret([0xa5; 16]), 7);
    let request = Request::Say("grüß \u{1b}[2J".to_owned());
    let questions = [
        Question::Request { token, n, request },
        Question::Join {
            name: "小明".to_owned(),
            cookie: Secret::UNKNOWN,
        },
        Question::Ack { token, upto: 41 },
    ];
    questions.iter().map(Question::pack).collect()
}

fn answers() -> Vec<Vec<u8>> {
    let said = Event::Say {
        name: "anna".to_owned(),
        n: 7,
        text: "hi\u{202e}\n".to_owned(),
    };
    let event = |event| Answer::Event { number: 41, event };
    let answers = [
        event(said),
        event(Event::Leave("anna".to_owned())),
        Answer::People {
            n: 7,
            names: vec!["anna".to_owned(), "小明".to_owned()],
            more: true,
        },
    ];
    answers.iter().map(Answer::pack).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn what_a_person_asks_is_read_or_refused(bytes in mutated(questions())) {
        if let Ok(Some(question)) = Question::unpack(&bytes) {
            prop_assert_eq!(Question::unpack(&question.pack()), Ok(Some(question)));
        }
    }

    #[test]
    fn what_the_room_tells_is_read_or_refused_and_harmless(bytes in mutated(answers())) {
        if let Some(answer) = Answer::unpack(&bytes) {
            if let Answer::Event { event, .. } = &answer {
                prop_assert!(!event.line().chars().any(char::is_control), "{event:?}");
            }
            prop_assert_eq!(Answer::unpack(&answer.pack()), Some(answer));
        }
    }

    #[test]
    fn frames_are_read_or_refused(bytes in mutated(frames())) {
        let mut stream = &bytes[..];
        while let Ok(Some(fields)) = header::read_json(&mut stream) {
            let _ = header::string(&fields, "file_name");
            let Ok(size) = header::size(&fields, "data_size") else {
                break;
            };
            match header::read_body(&mut stream, size, MOST) {
                Ok(body) => prop_assert!(body.capacity() <= 2 * bytes.len() + 64),
                Err(_) => break,
            }
        }
    }

    #[test]
    fn json_headers_are_parsed_or_refused(
        bytes in mutated(vec![
            br#"{"file_name": "a", "file_size": 3, "more": [1, 2.5, null, {"a": "\u6587"}]}"#.to_vec(),
            b"[[[[[[[[[[[[[[[[".repeat(64),
        ])
    ) {
        if let Ok(fields) = header::parse_json(&bytes) {
            if let Ok(size) = header::size(&fields, "file_size") {
                prop_assert!(i64::try_from(size).is_ok());
            }
            let text = common::json::dumps(&fields).unwrap();
            prop_assert!(text.is_ascii());
            let _ = common::notation::dict(&fields);
        }
    }

    #[test]
    fn file_headers_are_decoded_or_refused(bytes in mutated(file_headers())) {
        if let Ok(header) = FileHeader::decode(&bytes) {
            prop_assert!(header.filename.len() + header.md5.len() <= bytes.len());
            prop_assert_eq!(header.encode().unwrap(), bytes);
        }
    }

    #[test]
    fn file_headers_on_a_stream_are_received_or_refused(bytes in mutated(
        file_headers().iter().map(|header| header::pack(header, b"hello").unwrap()).collect()
    )) {
        if let Ok(Some(header)) = FileHeader::receive(&mut &bytes[..]) {
            prop_assert!(header.filename.len() < MAX_HEADER);
        }
    }

    #[test]
    fn contact_lists_are_read_or_refused(bytes in mutated(vec![
        r#"{"pony": "127.0.0.1:8080", "小明": "[::1]:9", "nick": "localhost:65535"}"#.into(),
    ])) {
        if let Ok(contacts) = qq_chat::contacts::parse(&String::from_utf8_lossy(&bytes)) {
            prop_assert!(contacts.len() <= bytes.len());
        }
    }

    #[test]
    fn formats_are_followed_or_refused(bytes in mutated(vec![
        b"%Y-%m-%d %H:%M:%S %Z%z %s".to_vec(),
        b"%-d %_H %010Y %^a %#p %Od %EY %5j %_5e".to_vec(),
        "%Y年%m月%d日 %999999999c %%%n%t".into(),
    ])) {
        if let Ok(text) = strftime(&String::from_utf8_lossy(&bytes), &local_time()) {
            prop_assert!(text.len() <= 65_507);
        }
    }

    #[test]
    fn time_packets_are_answers_or_refused(bytes in mutated(vec![
        Packet { mode: 4, stratum: 1, transmit: Timestamp(9), ..Packet::question(Timestamp(7)) }.pack().to_vec(),
        Packet { mode: 4, leap: 3, reference_id: *b"RATE", ..Packet::question(Timestamp(7)) }.pack().to_vec(),
    ])) {
        if let Some(packet) = Packet::unpack(&bytes) {
            prop_assert_eq!(&packet.pack()[..], &bytes[..SIZE]);
            let told = match Sample::from(&packet, Timestamp(7), Timestamp(8)) {
                Ok(sample) => {
                    prop_assert!(serde_json::from_str::<serde_json::Value>(&sample.json("a")).is_ok());
                    sample.to_string()
                }
                Err(refusal) => refusal.to_string(),
            };
            prop_assert!(!told.contains(char::is_control));
        }
    }

    #[test]
    fn names_are_plain_or_refused(bytes in mutated(vec![
        b"a.txt".to_vec(), b"../secret".to_vec(), b"/etc/passwd".to_vec(), b"a/../../b".to_vec(),
    ])) {
        let name = String::from_utf8_lossy(&bytes);
        let _ = words(&name);
        if names::check(&name).is_ok() {
            prop_assert!(!name.contains(['/', '\0']) && name != ".." && !name.is_empty());
        }
    }
}

proptest! {
    // Each has a connection of its own.
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn commands_are_split_or_refused(
        pieces in vec(mutated(vec![b"get a.txt\n".to_vec(), b"put b.txt\nls\n".to_vec()]), 1..6)
    ) {
        const LIMIT: usize = 100;
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let mut far = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let (near, _) = listener.accept().unwrap();
        near.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
        let sent: usize = pieces.iter().map(Vec::len).sum();
        for piece in &pieces {
            far.write_all(piece).unwrap();
        }
        drop(far);
        let mut commands = Commands::ended_by_newline(&near, LIMIT);
        let mut got = 0;
        while let Ok(Some(command)) = commands.next_command() {
            prop_assert!(command.len() <= LIMIT && !command.contains(&b'\n'));
            got += command.len() + 1;
        }
        prop_assert!(got <= sent);
    }
}
