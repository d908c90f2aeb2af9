//! What the bytes of a stream mean: commands in lines, and frames with a struct-packed length, a
//! header and a body; and what is in a packet of SNTP.

use common::header::MAX_HEADER;
use common::notation;
use ftp_class::FileHeader;
use ntp::sntp::packet::{CLIENT, Packet};
use serde_json::Value;

use crate::pairs::dialect::{Answer, Files, Header};
use crate::pairs::{Pair, Side};

/// What one direction of a pair's stream is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Format {
    /// Bytes without boundaries.
    Bytes,
    /// Commands, each ends at a newline; after `put` a frame with a body follows.
    Commands,
    /// A length, a header in JSON, and as many bytes as the named field of the header says.
    Json(Option<&'static str>),
    /// A length, a header in bincode, and as many bytes as it says where a file was asked for.
    Bincode,
    /// Datagrams, each a packet of SNTP.
    Sntp,
}

/// The formats of both directions of a pair: what the server sends, and what the client sends.
fn formats(pair: &Pair) -> (Format, Format) {
    let dialect = &pair.dialect;
    if dialect.answer == Answer::Sntp {
        return (Format::Sntp, Format::Sntp);
    }
    let format = |header: Header, has_body: bool| match header {
        Header::None => Format::Bytes,
        Header::Json(_) => Format::Json(has_body.then(|| header.size_key())),
        Header::Bincode(_) => Format::Bincode,
    };
    // The answer to an upload is a header alone.
    let files = dialect.files.as_ref();
    let server = format(dialect.answers_in, files.is_none_or(Files::gets));
    let client = match files.and_then(|files| files.command_end) {
        Some(_) => Format::Commands,
        None => format(dialect.asks_in, true),
    };
    (server, client)
}

/// Where in a frame a stream is.
#[derive(Clone, Debug)]
enum Place {
    /// Before the four bytes of the length, or at a command.
    Begin,
    /// Inside a header of so many bytes.
    Header(usize),
    /// Inside a body: what it has altogether, and what is still to come.
    Body(u64, u64),
    /// Lost: what came is no frame.
    Lost,
}

/// One direction of a stream.
#[derive(Clone, Debug)]
struct Lane {
    format: Format,
    place: Place,
    /// Bytes that came and are not understood yet.
    rest: Vec<u8>,
    /// Whether a frame follows the command (`put`).
    framed: bool,
    /// The number of the byte that comes next, as TCP counts them from the connection's first.
    next: u32,
}

/// Reads both directions of one connection, packet by packet.
#[derive(Clone, Debug)]
pub(super) struct Decoder {
    server: Lane,
    client: Lane,
    /// Whether the last command asked for a file.
    asked: bool,
}

impl Decoder {
    /// For a connection of a pair.
    #[must_use]
    pub(super) fn new(pair: &Pair) -> Self {
        let (server, client) = formats(pair);
        let lane = |format| Lane {
            format,
            place: Place::Begin,
            rest: Vec::new(),
            framed: false,
            next: 1,
        };
        Self {
            server: lane(server),
            client: lane(client),
            asked: false,
        }
    }

    /// As [`read`](Self::read), of a TCP segment, which may carry what has come before.
    pub(super) fn read_segment(&mut self, from: Side, sequence: u32, bytes: &[u8]) -> Vec<String> {
        let lane = self.lane(from);
        // Numbers begin again after 2^32: what is more than half of that ahead is behind.
        let known = lane.next.wrapping_sub(sequence);
        let known = if known > u32::MAX / 2 {
            0
        } else {
            known as usize
        };
        if bytes.is_empty() || known >= bytes.len() {
            let again = (!bytes.is_empty()).then(|| "sent again".to_owned());
            return again.into_iter().collect();
        }
        let length = u32::try_from(bytes.len()).unwrap_or(0);
        lane.next = sequence.wrapping_add(length);
        self.read(from, &bytes[known..])
    }

    fn lane(&mut self, from: Side) -> &mut Lane {
        match from {
            Side::Server => &mut self.server,
            Side::Client => &mut self.client,
        }
    }

    /// What the next bytes of one side mean, a line for each part that ends in them or goes on.
    pub(super) fn read(&mut self, from: Side, bytes: &[u8]) -> Vec<String> {
        let lane = match from {
            Side::Server => &mut self.server,
            Side::Client => &mut self.client,
        };
        let mut told = Vec::new();
        if lane.format == Format::Sntp {
            told.extend(Packet::unpack(bytes).as_ref().map(sntp));
        } else if lane.format != Format::Bytes {
            lane.rest.extend_from_slice(bytes);
            while lane.part(&mut self.asked, &mut told) {}
        }
        told
    }
}

/// A packet of SNTP in a line.
fn sntp(packet: &Packet) -> String {
    let (version, mode) = (packet.version, packet.mode);
    if mode == CLIENT {
        return format!("question, version {version}, mode {mode}");
    }
    let served = packet.transmit.since(packet.receive).seconds() * 1e6;
    format!(
        "answer, version {version}, mode {mode}, leap {}, stratum {} ({}), T3 − T2 {served:.0} µs",
        packet.leap,
        packet.stratum,
        packet.reference_name()
    )
}

impl Lane {
    /// Takes one part off what came. `false` when more must come.
    fn part(&mut self, asked: &mut bool, told: &mut Vec<String>) -> bool {
        match self.place {
            Place::Begin if self.format == Format::Commands && !self.framed => {
                self.command(asked, told)
            }
            Place::Begin => self.length(told),
            Place::Header(length) => self.header(length, *asked, told),
            Place::Body(all, left) => self.body(all, left, told),
            Place::Lost => false,
        }
    }

    fn take(&mut self, count: usize) -> Option<Vec<u8>> {
        (self.rest.len() >= count).then(|| self.rest.drain(..count).collect())
    }

    fn command(&mut self, asked: &mut bool, told: &mut Vec<String>) -> bool {
        let Some(end) = self.rest.iter().position(|&byte| byte == b'\n') else {
            return false;
        };
        let line: Vec<u8> = self.rest.drain(..=end).collect();
        *asked = line.starts_with(b"get");
        self.framed = line.starts_with(b"put");
        told.push(format!("command {}", notation::bytes(&line)));
        true
    }

    fn length(&mut self, told: &mut Vec<String>) -> bool {
        let Some(bytes) = self.take(4) else {
            return false;
        };
        let length = i32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]);
        told.push(format!("length {length}"));
        self.place = match usize::try_from(length) {
            // In ftp-class: there is no such file.
            Ok(0) => Place::Begin,
            Ok(length) if length <= MAX_HEADER => Place::Header(length),
            _ => Place::Lost,
        };
        true
    }

    fn header(&mut self, length: usize, asked: bool, told: &mut Vec<String>) -> bool {
        let Some(bytes) = self.take(length) else {
            return false;
        };
        let size = match self.format {
            Format::Json(field) => {
                let text = String::from_utf8_lossy(&bytes);
                told.push(format!("JSON {text}"));
                let fields: Value = serde_json::from_slice(&bytes).unwrap_or_default();
                // The list of files has a name of its own, and the lesson's client misspells that of the upload.
                let names = field.map(|field| [field, "listsize", "file_siz"]);
                let mut names = names.into_iter().flatten();
                names.find_map(|name| fields.get(name)?.as_u64())
            }
            _ => {
                if let Ok(header) = FileHeader::decode(&bytes) {
                    told.push(format!("bincode {}", header.dict()));
                    (self.framed || asked).then_some(header.file_size)
                } else {
                    told.push("no header in bincode".to_owned());
                    None
                }
            }
        };
        self.place = match size {
            Some(size) if size > 0 => Place::Body(size, size),
            _ => Place::Begin,
        };
        self.framed &= !matches!(self.place, Place::Begin);
        true
    }

    fn body(&mut self, all: u64, left: u64, told: &mut Vec<String>) -> bool {
        let came = (self.rest.len() as u64).min(left);
        if came == 0 {
            return false;
        }
        self.rest
            .drain(..usize::try_from(came).unwrap_or(self.rest.len()));
        if came == all {
            told.push(format!("body {all} bytes"));
        } else {
            told.push(format!(
                "body: {came} bytes, {} of {all} now",
                all - left + came
            ));
        }
        self.place = match left - came {
            0 => Place::Begin,
            left => Place::Body(all, left),
        };
        self.framed &= !matches!(self.place, Place::Begin);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pairs::PAIRS;

    fn decoder(name: &str) -> Decoder {
        Decoder::new(PAIRS.iter().find(|program| program.name() == name).unwrap())
    }

    #[test]
    fn a_frame_in_one_segment_has_three_parts() {
        let mut decoder = decoder("echo-tcp/framed");
        let told = decoder.read(Side::Server, b"\x0b\0\0\0{\"size\": 5}hello");
        assert_eq!(told, ["length 11", "JSON {\"size\": 5}", "body 5 bytes"]);
    }

    #[test]
    fn a_frame_byte_by_byte_is_told_where_its_parts_end() {
        let mut decoder = decoder("socketserver-demo/framed");
        let mut told = Vec::new();
        for byte in b"\x10\0\0\0{\"data_size\": 2}hi" {
            told.extend(decoder.read(Side::Client, &[*byte]));
        }
        let body = ["body: 1 bytes, 1 of 2 now", "body: 1 bytes, 2 of 2 now"];
        assert_eq!(told[..2], ["length 16", "JSON {\"data_size\": 2}"]);
        assert_eq!(told[2..], body);
    }

    #[test]
    fn a_packet_of_sntp_is_a_question_or_an_answer() {
        use ntp::sntp::timestamp::Timestamp;

        let mut decoder = decoder("ntp/sntp");
        let question = Packet::question(Timestamp(7));
        let told = decoder.read(Side::Client, &question.pack());
        assert_eq!(told, ["question, version 4, mode 3"]);
        let answer = Packet {
            mode: 4,
            stratum: 1,
            reference_id: *b"GPS\0",
            transmit: Timestamp((1 << 32) / 1000),
            ..question
        };
        let told = decoder.read(Side::Server, &answer.pack());
        let line = "answer, version 4, mode 4, leap 0, stratum 1 (GPS), T3 − T2 1000 µs";
        assert_eq!(told, [line]);
        assert!(decoder.read(Side::Server, b"short").is_empty());
    }

    #[test]
    fn an_upload_follows_its_command_and_its_acknowledgement_has_no_body() {
        let mut decoder = decoder("ftp-class");
        let header = FileHeader {
            filename: "a".into(),
            md5: "m".repeat(32),
            file_size: 3,
        }
        .encode()
        .unwrap();
        let length = i32::try_from(header.len()).unwrap().to_le_bytes();
        let put = [&b"put a\n"[..], &length, &header, b"abcget b\n"].concat();
        let told = decoder.read(Side::Client, &put);
        assert_eq!(told[0], r"command b'put a\n'");
        assert_eq!(told[3..], ["body 3 bytes", r"command b'get b\n'"]);
        let mut decoder = self::decoder("ftp-class");
        decoder.read(Side::Client, b"put a\n");
        let told = decoder.read(Side::Server, &[&length[..], &header, &[0; 4]].concat());
        assert_eq!(told.len(), 3);
        assert_eq!(told[2], "length 0");
    }

    #[test]
    fn a_list_of_files_has_a_body_too() {
        let mut decoder = decoder("ftp-simple");
        let told = decoder.read(Side::Server, b"\x0f\0\0\0{\"listsize\": 2}a\n");
        assert_eq!(told.last().unwrap(), "body 2 bytes");
    }

    #[test]
    fn a_length_that_cannot_be_ends_the_reading() {
        let mut decoder = decoder("ftp-simple");
        assert_eq!(
            decoder.read(Side::Server, b"\xff\xff\xff\xffabcdef"),
            ["length -1"]
        );
        assert!(decoder.read(Side::Server, b"\x01\0\0\0{").is_empty());
    }
}
