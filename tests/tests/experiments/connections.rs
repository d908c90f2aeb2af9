//! TCP connections: how they begin, wait and end.

use std::io::ErrorKind;

use lab::experiment::Experiment;
use lab::experiment::tcp::backlog::Backlog;
use lab::experiment::tcp::close_is_optional::CloseIsOptional;
use lab::experiment::tcp::connect_before_accept::ConnectBeforeAccept;
use lab::experiment::tcp::half_close::HalfClose;
use lab::experiment::tcp::handshake_and_farewell::HandshakeAndFarewell;
use lab::experiment::tcp::lossy_tcp::LossyTcp;
use lab::experiment::tcp::lost_farewell::LostFarewell;
use lab::experiment::tcp::many_time_waits::ManyTimeWaits;
use lab::experiment::tcp::one_at_a_time::OneAtATime;
use lab::experiment::tcp::syn_flood::SynFlood;
use lab::experiment::tcp::tcp_needs_a_server::TcpNeedsAServer;
use lab::experiment::tcp::tcp_peer_leaves::TcpPeerLeaves;
use lab::experiment::tcp::tcp_peer_leaves_on_windows::TcpPeerLeavesOnWindows;
use lab::experiment::tcp::time_wait::TimeWait;
use lab::host::sockets::State;

use crate::{kind, seen, unseen};

#[test]
fn connecting_to_nobody_is_refused() {
    let Some(seen) = seen::<TcpNeedsAServer>() else {
        return;
    };
    assert_eq!(kind(seen.before), Some(ErrorKind::ConnectionRefused));
    assert_eq!(seen.after, None);
}

#[test]
fn the_system_connects_before_accept_is_called() {
    let Some(seen) = seen::<ConnectBeforeAccept>() else {
        return;
    };
    assert_eq!(
        kind(seen.connect_before_listen),
        Some(ErrorKind::ConnectionRefused)
    );
    assert_eq!(kind(seen.accept_with_nobody), Some(ErrorKind::WouldBlock));
    assert_eq!(
        (seen.client, seen.server),
        (State::Established, State::Established)
    );
    assert_eq!((seen.bytes_waiting, seen.held_by_a_program), (5, false));
    assert_eq!(seen.received.0, b"hello");
}

#[test]
fn the_backlog_limits_who_waits_and_not_who_is_connected() {
    let Some(seen) = seen::<Backlog>() else {
        return;
    };
    // Linux takes one more than it was told.
    assert_eq!((seen.connected_before_accept, seen.queue), (3, 3));
    assert_eq!(seen.next_client, State::SynSent);
    assert!(seen.drops >= 1, "{seen:?}");
    assert_eq!(seen.open_at_once, 14);
}

#[test]
fn a_silent_client_blocks_the_simple_server_alone() {
    let Some(seen) = seen::<OneAtATime>() else {
        return;
    };
    assert!(!seen.simple_answers_beside_slow);
    assert_eq!(seen.waiting_for_accept, 1);
    assert!(seen.simple_answers_afterwards);
    assert!(seen.threaded_answers_beside_slow);
}

#[test]
fn both_ends_pass_through_the_states_of_the_handshake_and_the_farewell() {
    let Some(seen) = seen::<HandshakeAndFarewell>() else {
        return;
    };
    let states: Vec<_> = seen
        .moments
        .iter()
        .map(|moment| (moment.client, moment.server))
        .collect();
    let lasting = [
        (State::Closed, State::Listen),
        (State::Established, State::Established),
        (State::FinWait2, State::CloseWait),
        (State::TimeWait, State::Closed),
    ];
    if seen.segments_to_connect.is_none() {
        assert_eq!(states, lasting);
        return unseen(HandshakeAndFarewell::NAME, "for all states it needs a wire");
    }
    assert_eq!(seen.segments_to_connect, Some(3));
    assert_eq!(seen.segments_to_part, Some(4));
    let all = [
        lasting[0],
        (State::SynSent, State::SynRecv),
        (State::Established, State::SynRecv),
        lasting[1],
        (State::FinWait1, State::CloseWait),
        lasting[2],
        (State::TimeWait, State::LastAck),
        lasting[3],
    ];
    assert_eq!(states, all);
}

#[test]
fn a_flood_of_syns_shuts_clients_out_unless_there_are_cookies() {
    let Some(seen) = seen::<SynFlood>() else {
        return;
    };
    assert!(seen.half_open >= 8, "{seen:?}");
    assert!(!seen.client_gets_in);
    assert!(seen.client_gets_in_with_cookies);
    assert!(seen.cookies_sent >= 1);
}

#[test]
fn after_the_clients_fin_the_server_can_still_send() {
    let Some(seen) = seen::<HalfClose>() else {
        return;
    };
    assert_eq!(
        (seen.client, seen.server),
        (State::FinWait2, State::CloseWait)
    );
    assert_eq!(seen.server_receives.0, b"");
    assert_eq!(seen.client_receives.0, b"still to be sent");
    assert_eq!(seen.client_in_the_end, State::TimeWait);
}

#[test]
fn a_lost_last_acknowledgement_is_sent_again_from_time_wait() {
    let Some(seen) = seen::<LostFarewell>() else {
        return;
    };
    assert_eq!(
        (seen.client, seen.server),
        (State::TimeWait, State::LastAck)
    );
    assert!(seen.fins_again >= 2);
    assert_eq!(
        (seen.client_then, seen.server_then),
        (State::TimeWait, State::Closed)
    );
}

#[test]
fn time_wait_is_where_the_first_to_close_is() {
    let Some(seen) = seen::<TimeWait>() else {
        return;
    };
    assert_eq!(seen.server_end_if_client_first, State::Closed);
    assert_eq!(seen.server_end_if_server_first, State::TimeWait);
    assert!((30..=60).contains(&seen.seconds_left), "{seen:?}");
}

#[test]
fn a_restart_fails_without_reuseaddr_and_works_with_it() {
    let Some(seen) = seen::<TimeWait>() else {
        return;
    };
    assert_eq!(seen.restart_after_client, None);
    assert_eq!(kind(seen.restart_after_server), Some(ErrorKind::AddrInUse));
    assert_eq!(
        kind(seen.restart_with_reuseaddr_on_it_alone),
        Some(ErrorKind::AddrInUse)
    );
    assert_eq!(seen.restart_with_reuseaddr, None);
    assert_eq!(kind(seen.second_beside_first), Some(ErrorKind::AddrInUse));
}

#[test]
fn every_connection_leaves_a_time_wait_where_it_was_closed_first() {
    let Some(seen) = seen::<ManyTimeWaits>() else {
        return;
    };
    assert_eq!(seen.if_server_closes_first, seen.connections);
    assert_eq!(seen.on_the_clients_ports, seen.connections);
    assert_eq!(seen.if_clients_close_first, 0);
    assert_eq!((seen.if_server_resets, seen.held_by_processes), (0, 0));
}

#[test]
fn recv_is_empty_again_and_again_when_the_peer_has_left() {
    let Some(seen) = seen::<TcpPeerLeaves>() else {
        return;
    };
    let receives: Vec<&[u8]> = seen.receives.iter().map(|bytes| &bytes.0[..]).collect();
    assert_eq!(receives, [&b"bye"[..], b"", b""]);
    // A loop that waited for anything would go round once or not at all.
    assert!(seen.rounds_in_100_ms > 2, "{seen:?}");
    assert_eq!(seen.error_of_sending_nothing, None);
}

#[test]
fn a_reset_is_an_error() {
    let Some(seen) = seen::<TcpPeerLeaves>() else {
        return;
    };
    assert_eq!(kind(seen.after_a_reset), Some(ErrorKind::ConnectionReset));
}

#[test]
fn on_windows_an_aborted_connection_is_an_error() {
    let Some(seen) = seen::<TcpPeerLeavesOnWindows>() else {
        return;
    };
    assert!(seen.after_a_reset.is_some());
}

#[test]
fn the_system_closes_what_a_killed_program_leaves_open() {
    let Some(seen) = seen::<CloseIsOptional>() else {
        return;
    };
    assert_eq!(kind(seen.while_it_runs), Some(ErrorKind::WouldBlock));
    assert_eq!(seen.after_it_was_killed.0, b"");
}

#[test]
fn tcp_arrives_whole_over_a_wire_that_loses_packets() {
    let Some(seen) = seen::<LossyTcp>() else {
        return;
    };
    assert!(seen.arrived_whole);
    assert!(seen.retransmitted_segments > 0);
}
