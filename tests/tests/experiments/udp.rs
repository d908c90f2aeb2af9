//! UDP: datagrams, whole or not at all.

use std::io::ErrorKind;

use lab::experiment::udp::lossy_udp::LossyUdp;
use lab::experiment::udp::reuseaddr_on_udp::ReuseaddrOnUdp;
use lab::experiment::udp::select_two::SelectTwo;
use lab::experiment::udp::udp_connect::UdpConnect;
use lab::experiment::udp::udp_forged_sender::UdpForgedSender;
use lab::experiment::udp::udp_header::UdpHeader;
use lab::experiment::udp::udp_is_quicker::UdpIsQuicker;
use lab::experiment::udp::udp_keeps_boundaries::UdpKeepsBoundaries;
use lab::experiment::udp::udp_keeps_no_copy::UdpKeepsNoCopy;
use lab::experiment::udp::udp_largest::UdpLargest;
use lab::experiment::udp::udp_many_peers::UdpManyPeers;
use lab::experiment::udp::udp_needs_no_server::UdpNeedsNoServer;
use lab::experiment::udp::udp_overflows::UdpOverflows;
use lab::experiment::udp::udp_sends_nothing::UdpSendsNothing;
use lab::experiment::udp::udp_server_speaks_first::UdpServerSpeaksFirst;
use lab::experiment::udp::udp_truncates::UdpTruncates;
use lab::experiment::udp::udp_truncates_on_windows::UdpTruncatesOnWindows;

use crate::{kind, seen};

#[test]
fn each_datagram_is_received_by_itself() {
    let Some(seen) = seen::<UdpKeepsBoundaries>() else {
        return;
    };
    let received: Vec<&[u8]> = seen
        .receives
        .iter()
        .map(|datagram| &datagram.data.0[..])
        .collect();
    assert_eq!(received, [b"hello", b"world", b"sdfas"]);
    assert!(
        seen.receives
            .iter()
            .all(|datagram| datagram.from == seen.receives[0].from)
    );
}

#[test]
fn an_empty_datagram_arrives_and_an_empty_tcp_send_does_not() {
    let Some(seen) = seen::<UdpSendsNothing>() else {
        return;
    };
    assert_eq!(seen.udp_received.data.0, b"");
    assert_eq!(seen.udp_received.from, seen.udp_client);
    assert_eq!(seen.tcp_send_returned, 0);
    assert_eq!(kind(seen.tcp_received), Some(ErrorKind::WouldBlock));
    assert_eq!(seen.tcp_received_next.0, b"!");
}

#[test]
fn a_small_receive_loses_the_rest_and_only_the_flag_tells() {
    let Some(seen) = seen::<UdpTruncates>() else {
        return;
    };
    assert_eq!(seen.received.0, b"0123");
    assert_eq!(kind(seen.received_next), Some(ErrorKind::WouldBlock));
    assert!(seen.recvmsg_says_truncated);
    if cfg!(target_os = "linux") {
        assert_eq!(seen.recv_with_trunc_returned, Some(10));
    }
}

#[test]
fn on_windows_a_small_receive_is_an_error() {
    let Some(seen) = seen::<UdpTruncatesOnWindows>() else {
        return;
    };
    assert!(seen.error.is_some());
}

#[test]
fn sending_to_nobody_is_an_error_for_a_connected_socket_alone() {
    let Some(seen) = seen::<UdpNeedsNoServer>() else {
        return;
    };
    assert_eq!((seen.sent_to_nobody, seen.errors.len()), (3, 0));
    assert_eq!(
        kind(seen.error_when_connected),
        Some(ErrorKind::ConnectionRefused)
    );
    assert_eq!(seen.late_server_received.0, b"at last");
}

#[test]
fn what_the_buffer_cannot_hold_is_dropped_and_counted() {
    let Some(seen) = seen::<UdpOverflows>() else {
        return;
    };
    assert!(seen.received > 0 && seen.dropped > 0, "{seen:?}");
    assert_eq!(seen.received + seen.dropped, seen.sent);
    // The system's counter counts for everybody.
    assert!(seen.rcvbuf_errors_rose_by >= seen.dropped, "{seen:?}");
}

#[test]
fn the_largest_datagram_fills_an_ip_packet() {
    let Some(seen) = seen::<UdpLargest>() else {
        return;
    };
    assert_eq!((seen.most_bytes, seen.received), (65_507, 65_507));
    assert_eq!(seen.with_headers, 65_535);
    assert!(seen.one_byte_more.is_some());
    if cfg!(target_os = "linux") {
        assert!(
            matches!(seen.most_bytes_over_ipv6, None | Some(65_527)),
            "{seen:?}"
        );
    }
}

#[test]
fn a_frame_is_ethernet_ip_udp_and_data() {
    let Some(seen) = seen::<UdpHeader>() else {
        return;
    };
    assert_eq!(seen.frame_bytes, 14 + 20 + 8 + 5);
    assert_eq!(seen.udp_header.0.len(), 8);
    assert_eq!(
        (seen.source_port, seen.destination_port),
        (seen.client_port, seen.server_port)
    );
    assert_eq!(seen.length, 13);
    assert_eq!(seen.data.0, b"hello");
}

#[test]
fn one_socket_serves_many_clients_one_datagram_after_another() {
    let Some(seen) = seen::<UdpManyPeers>() else {
        return;
    };
    assert!(seen.listen.is_some() && seen.accept.is_some());
    let answers: Vec<&[u8]> = seen.answers.iter().map(|answer| &answer.0[..]).collect();
    let expected = [
        b"CLIENT 0",
        b"CLIENT 1",
        b"CLIENT 2",
        b"CLIENT 3",
        b"CLIENT 4",
    ];
    assert_eq!(answers, expected);
    assert_eq!(seen.sockets_of_the_server, 1);
    assert!(seen.second_waits_for_first);
}

#[test]
fn one_forged_datagram_sets_two_echo_servers_against_each_other() {
    let Some(seen) = seen::<UdpForgedSender>() else {
        return;
    };
    assert_eq!((seen.forged, seen.answers_of_each), (1, 1000));
    assert_eq!(seen.first_at_b.data.0, b"hello");
    assert_eq!(seen.first_at_b.from, seen.server_a);
    assert_eq!(seen.first_at_a.data.0, b"HELLO");
    assert_eq!(seen.next_at_b.data.0, b"HELLO");
    assert_eq!(seen.next_at_b.from, seen.server_a);
}

#[test]
fn a_connected_socket_needs_no_address_and_hears_no_stranger() {
    let Some(seen) = seen::<UdpConnect>() else {
        return;
    };
    assert!(seen.send_unconnected.is_some());
    assert_eq!(seen.server_received.data.0, b"hello");
    assert_eq!(kind(seen.stranger), Some(ErrorKind::WouldBlock));
    assert_eq!(seen.client_received.0, b"HELLO");
}

#[test]
fn one_thread_hears_of_two_things() {
    let Some(seen) = seen::<SelectTwo>() else {
        return;
    };
    assert!(seen.at_first.is_empty(), "{seen:?}");
    assert_eq!(seen.after_a_datagram, ["socket"]);
    assert_eq!(seen.after_a_line, ["keyboard"]);
    assert_eq!(seen.after_both, ["keyboard", "socket"]);
}

#[test]
fn a_server_may_speak_first() {
    let Some(seen) = seen::<UdpServerSpeaksFirst>() else {
        return;
    };
    assert_eq!(
        (seen.sent_by_client, &seen.client_received.data.0[..]),
        (0, &b"news"[..])
    );
}

#[test]
fn udp_keeps_nothing_of_what_it_sent_and_tcp_does() {
    let Some(seen) = seen::<UdpKeepsNoCopy>() else {
        return;
    };
    assert_eq!((seen.udp_sent, seen.udp_kept_by_sender), (50_000, 0));
    assert!(seen.udp_waits_at_receiver >= 50_000, "{seen:?}");
    assert!(seen.tcp_kept_by_sender > 0, "{seen:?}");
    assert!(
        seen.tcp_kept_by_sender + seen.tcp_waits_at_receiver >= seen.tcp_sent,
        "{seen:?}"
    );
}

#[test]
fn with_reuseaddr_the_second_udp_server_takes_everything() {
    let Some(seen) = seen::<ReuseaddrOnUdp>() else {
        return;
    };
    assert_eq!(kind(seen.second_without), Some(ErrorKind::AddrInUse));
    assert_eq!(seen.restart_without, None);
    assert_eq!(seen.second_with, None);
    if cfg!(target_os = "linux") {
        assert_eq!((seen.first_received, seen.second_received), (0, seen.sent));
    }
    assert_eq!(seen.first_received_afterwards, seen.sent);
}

#[test]
fn a_query_over_tcp_pays_for_the_connection() {
    let Some(seen) = seen::<UdpIsQuicker>() else {
        return;
    };
    assert!(seen.tcp_query_ms > seen.udp_query_ms, "{seen:?}");
    assert!(seen.tcp_query_ms > seen.tcp_round_trip_ms, "{seen:?}");
}

#[test]
fn udp_loses_what_the_wire_loses() {
    let Some(seen) = seen::<LossyUdp>() else {
        return;
    };
    assert_eq!(seen.errors, 0);
    assert!(
        seen.arrived > 0 && seen.arrived < usize::try_from(seen.sent).unwrap(),
        "{seen:?}"
    );
}
