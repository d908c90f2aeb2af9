//! TCP as a stream of bytes: what sends and receives do to messages.

use std::io::ErrorKind;

use lab::experiment::python::endianness::Endianness;
use lab::experiment::tcp::framing_unsticks::FramingUnsticks;
use lab::experiment::tcp::line_by_line::LineByLine;
use lab::experiment::tcp::nagle_and_delayed_ack::NagleAndDelayedAck;
use lab::experiment::tcp::recv_is_partial::RecvIsPartial;
use lab::experiment::tcp::send_is_partial::SendIsPartial;
use lab::experiment::tcp::sendall_loops::SendallLoops;
use lab::experiment::tcp::tcp_sticks::TcpSticks;

use crate::{kind, seen};

#[test]
fn tcp_sends_stick_together_and_come_apart() {
    let Some(seen) = seen::<TcpSticks>() else {
        return;
    };
    assert_eq!(seen.sends.len(), 3);
    assert_eq!(seen.one_receive.0, b"helloworldsdfas");
    assert_eq!(seen.several_receives.len(), 3);
    let parts: Vec<&[u8]> = seen
        .several_receives
        .iter()
        .map(|part| &part.0[..])
        .collect();
    assert_eq!(parts.concat(), seen.one_send.0);
}

#[test]
fn a_header_with_the_length_finds_every_boundary() {
    let Some(seen) = seen::<FramingUnsticks>() else {
        return;
    };
    assert_eq!(
        seen.stuck_together.0,
        b"\x05\0\0\0hello\0\0\0\0\x09\0\0\0you there"
    );
    assert_eq!(seen.unstuck, seen.messages);
    assert_eq!(seen.from_single_bytes, seen.messages);
}

#[test]
fn recv_returns_what_is_there_and_who_counts_otherwise_loses() {
    let Some(seen) = seen::<RecvIsPartial>() else {
        return;
    };
    assert_eq!(seen.receives, [500; 6]);
    assert_eq!(seen.counted_as_received, seen.message);
    assert_eq!(seen.counted_as_asked, 1500);
}

#[test]
fn send_takes_a_part_and_loses_none_of_it() {
    let Some(seen) = seen::<SendIsPartial>() else {
        return;
    };
    assert!(0 < seen.taken && seen.taken < seen.given, "{seen:?}");
    assert_eq!(kind(seen.last_send), Some(ErrorKind::WouldBlock));
    assert_eq!(seen.received, seen.taken_in_all);
    assert_eq!(seen.received_when_blocking, seen.taken_when_blocking);
}

#[test]
fn a_send_that_blocks_waits_for_room() {
    let Some(seen) = seen::<SendIsPartial>() else {
        return;
    };
    assert_eq!(seen.taken_when_blocking, seen.given);
}

#[test]
fn sendall_offers_the_rest_again_until_all_is_sent() {
    let Some(seen) = seen::<SendallLoops>() else {
        return;
    };
    assert_eq!(seen.received, seen.given);
    assert!(seen.in_order);
    assert!(seen.sends > 1 && seen.waits > 0, "{seen:?}");
    assert!(seen.smallest_and_largest.1 < seen.given);
}

#[test]
fn lines_cost_a_send_each_and_more_segments_than_blocks() {
    let Some(seen) = seen::<LineByLine>() else {
        return;
    };
    let [lines, blocks] = &seen.costs[..] else {
        panic!("{seen:?}")
    };
    assert_eq!(
        (lines.received, blocks.received),
        (seen.file_bytes, seen.file_bytes)
    );
    assert_eq!((lines.sends, blocks.sends), (50_000, 33));
    if let (Some(lines), Some(blocks)) = (lines.segments, blocks.segments) {
        assert!(lines > blocks, "{seen:?}");
    } else if cfg!(target_os = "linux") {
        tests::lacks(
            "counting segments",
            "it needs the command ss (Debian's iproute2)",
        );
    }
}

#[test]
fn three_sends_wait_for_a_delayed_acknowledgement_and_one_does_not() {
    let Some(seen) = seen::<NagleAndDelayedAck>() else {
        return;
    };
    // A stall of 40 ms against none. What a busy machine adds it adds to all three.
    assert!(seen.three_sends_ms > 30.0, "{seen:?}");
    assert!(seen.three_sends_ms > seen.one_send_ms, "{seen:?}");
    assert!(
        seen.three_sends_ms > seen.three_sends_nodelay_ms,
        "{seen:?}"
    );
    // Some acknowledgements at the beginning of a connection are not delayed.
    assert!(
        seen.delayed_acks_of_three_sends
            .is_none_or(|acks| acks >= 5),
        "{seen:?}"
    );
}

#[test]
fn the_other_byte_order_reads_another_number() {
    let Some(seen) = seen::<Endianness>() else {
        return;
    };
    assert_eq!(seen.native.0, seen.number.to_ne_bytes());
    assert_eq!(seen.network.0, [0, 0, 0, 94]);
    if cfg!(target_endian = "little") {
        assert_eq!(seen.read_by_big_endian_peer, 0x5e00_0000);
    }
    assert_eq!(
        (seen.largest, seen.one_more_is),
        (2_147_483_647, -2_147_483_648)
    );
}
