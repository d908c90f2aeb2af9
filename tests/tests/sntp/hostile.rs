//! Bytes without a pattern, sent to our server and to our client.

use std::net::UdpSocket;

use lab::run::process::{PATIENCE, Process};
use ntp::sntp::packet::{CLIENT, Packet, SERVER, SIZE};
use ntp::sntp::timestamp::Timestamp;

use super::{client, languages, server};

/// Bytes without a pattern, other ones each time (xorshift).
struct Noise(u64);

impl Noise {
    fn new() -> Self {
        Self(Timestamp::now().0 | 1)
    }

    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn bytes(&mut self, size: usize) -> Vec<u8> {
        (0..size).map(|_| self.next().to_be_bytes()[3]).collect()
    }
}

#[test]
fn no_answer_is_longer_than_its_question_and_only_questions_have_one() {
    for &language in languages("the amplification") {
        let (_server, address) = server(language, &["--interval", "0"]);
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        socket.set_read_timeout(Some(PATIENCE)).unwrap();
        let mut noise = Noise::new();
        let (mut asked, mut answered, mut questions) = (0, 0, 0);
        for number in 0..2000_u64 {
            let size = usize::try_from(noise.next() % 120).unwrap();
            let datagram = noise.bytes(size);
            socket.send_to(&datagram, address).unwrap();
            let is_question = Packet::unpack(&datagram).is_some_and(|packet| packet.asks());
            asked += datagram.len();
            if is_question {
                let mut buffer = [0; 2048];
                let size = socket.recv(&mut buffer).unwrap();
                assert!(
                    size <= datagram.len(),
                    "{size} bytes for {}",
                    datagram.len()
                );
                assert_eq!(buffer[24..32], datagram[40..48], "{language:?}");
                answered += size;
                questions += 1;
            } else if number % 50 == 0 {
                // What came before has been read, and not answered: the next answer is to this question.
                let question = Packet::question(Timestamp(number)).pack();
                socket.send_to(&question, address).unwrap();
                let mut buffer = [0; 2048];
                let size = socket.recv(&mut buffer).unwrap();
                assert_eq!(
                    (size, &buffer[24..32]),
                    (SIZE, &question[40..48]),
                    "{language:?}"
                );
            }
        }
        assert!(questions > 20, "{questions}");
        assert!(answered < asked / 2, "{answered} of {asked}");
    }
}

/// A server that sends good answers, spoiled somewhere: the client takes them, refuses them or passes over them.
#[test]
fn whatever_comes_a_client_shows_a_time_or_says_why_not() {
    const RUNS: usize = 40;
    for &language in languages("the client's random answers") {
        let hostile = UdpSocket::bind("127.0.0.1:0").unwrap();
        hostile.set_read_timeout(Some(PATIENCE)).unwrap();
        let address = hostile.local_addr().unwrap();
        let mut noise = Noise::new();
        for _ in 0..RUNS {
            let mut running =
                Process::start(&mut client(language, address, &["--timeout", "0.2"])).unwrap();
            let mut buffer = [0; 2048];
            let (size, peer) = hostile.recv_from(&mut buffer).unwrap();
            let question = Packet::unpack(&buffer[..size]).unwrap();
            assert_eq!((size, question.mode), (SIZE, CLIENT));
            let now = Timestamp::now();
            let good = Packet {
                mode: SERVER,
                stratum: 1,
                origin: question.transmit,
                receive: now,
                transmit: now,
                ..Packet::question(now)
            };
            let mut spoiled = match noise.next() % 4 {
                0 => noise.bytes(SIZE),
                _ => good.pack().to_vec(),
            };
            for _ in 0..noise.next() % 6 {
                let place = usize::try_from(noise.next()).unwrap_or(usize::MAX) % SIZE;
                spoiled[place] = noise.bytes(1)[0];
            }
            if noise.next().is_multiple_of(8) {
                spoiled.truncate(usize::try_from(noise.next() % 48).unwrap());
            }
            hostile.send_to(&spoiled, peer).unwrap();
            let status = running.wait(PATIENCE).unwrap().unwrap();
            let (shown, told) = (running.stdout().text(), running.stderr().text());
            let is_right = match status.code() {
                Some(0) => shown.starts_with("offset ") && told.is_empty(),
                Some(1) => {
                    shown.is_empty() && told.lines().count() == 1 && told.starts_with("Error: ")
                }
                _ => false,
            };
            assert!(
                is_right,
                "{language:?} {spoiled:?}: {status} {shown} {told}"
            );
        }
    }
}
