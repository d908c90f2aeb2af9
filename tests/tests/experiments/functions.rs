//! The functions of a socket, ports and Python.

use std::io::ErrorKind;

use lab::experiment::python::import_star::ImportStar;
use lab::experiment::python::pickle_runs_code::PickleRunsCode;
use lab::experiment::python::python_sockets::PythonSockets;
use lab::experiment::sockets::any_call_on_any_socket::AnyCallOnAnySocket;
use lab::experiment::sockets::connect_ex::ConnectEx;
use lab::experiment::sockets::default_ports::DefaultPorts;
use lab::experiment::sockets::no_network_card::NoNetworkCard;
use lab::experiment::sockets::ports::Ports;
use lab::experiment::sockets::privileged_ports::PrivilegedPorts;
use lab::experiment::sockets::socket_addresses::SocketAddresses;
use lab::experiment::sockets::socket_is_a_file::SocketIsAFile;
use lab::experiment::sockets::socket_kinds::SocketKinds;
use lab::experiment::sockets::socket_options::SocketOptions;
use lab::experiment::sockets::timeouts_and_blocking::TimeoutsAndBlocking;
use lab::experiment::socketserver::socketserver_request::SocketserverRequest;

use crate::{kind, seen};

#[test]
fn a_port_has_sixteen_bits_for_each_protocol() {
    let Some(seen) = seen::<Ports>() else { return };
    assert!(seen.highest_is_a_port && !seen.one_more_fits);
    let (one, other) = seen.chosen_for_0;
    assert!(one != 0 && other != 0 && one != other, "{seen:?}");
    if let Some((first, last)) = seen.system_chooses_from {
        assert!((first..=last).contains(&one), "{seen:?}");
    }
    assert_eq!(kind(seen.second_tcp), Some(ErrorKind::AddrInUse));
    assert_eq!(kind(seen.second_udp), Some(ErrorKind::AddrInUse));
    assert_eq!(seen.udp_beside_tcp, None);
}

#[test]
fn ports_below_the_systems_limit_need_a_privilege() {
    let Some(seen) = seen::<PrivilegedPorts>() else {
        return;
    };
    for attempt in &seen.without_privilege {
        let denied = kind(attempt.error) == Some(ErrorKind::PermissionDenied);
        let privileged = attempt.port != 0 && attempt.port < seen.free_from;
        assert_eq!(denied, privileged, "{attempt:?}");
    }
}

#[test]
fn default_ports_are_as_told_where_they_are_known() {
    let Some(seen) = seen::<DefaultPorts>() else {
        return;
    };
    assert!(matches!(seen.flask, None | Some(5000)), "{seen:?}");
    assert!(matches!(seen.django, None | Some(8000)), "{seen:?}");
    assert!(matches!(seen.mysql, None | Some(3306)), "{seen:?}");
    assert!(matches!(seen.redis, None | Some(6379)), "{seen:?}");
}

#[test]
fn the_loopback_carries_bytes_without_hardware() {
    let Some(seen) = seen::<NoNetworkCard>() else {
        return;
    };
    assert_eq!(seen.received, seen.sent);
    assert!(seen.loopback_carried >= 100_000, "{seen:?}");
    assert!(!seen.loopback_has_hardware);
}

#[test]
fn protocol_0_is_tcp_for_a_stream_and_udp_for_datagrams() {
    let Some(seen) = seen::<SocketKinds>() else {
        return;
    };
    let find = |family, r#type| {
        let mut kinds = seen.kinds.iter();
        kinds
            .find(|kind| kind.family == family && kind.r#type == r#type)
            .unwrap()
    };
    assert_eq!(find("AF_INET", "SOCK_STREAM").error, None);
    assert_eq!(find("AF_INET", "SOCK_DGRAM").error, None);
    if cfg!(target_os = "linux") {
        assert_eq!(find("AF_INET", "SOCK_STREAM").protocol, Some(6));
        assert_eq!(find("AF_INET", "SOCK_DGRAM").protocol, Some(17));
        assert_eq!(find("AF_UNIX", "SOCK_STREAM").error, None);
    }
}

#[test]
fn ones_own_address_is_the_others_peer() {
    let Some(seen) = seen::<SocketAddresses>() else {
        return;
    };
    assert_eq!(
        (seen.client, seen.accepted),
        (seen.accepted_peer, seen.client_peer)
    );
    assert_eq!(seen.accepted, seen.listener);
    assert_eq!(seen.accept_returned, seen.client);
    assert_eq!(kind(seen.listener_peer), Some(ErrorKind::NotConnected));
    assert_eq!(seen.udp_port_before, 0);
    assert_ne!(seen.udp_port_after, 0);
}

#[test]
fn a_buffers_size_is_doubled_and_a_switch_is_not() {
    let Some(seen) = seen::<SocketOptions>() else {
        return;
    };
    assert_eq!(seen.settings[0].after, 1);
    if cfg!(target_os = "linux") {
        assert_eq!(seen.settings[1].after, 100_000);
        assert!(seen.settings[2].after > 1, "{seen:?}");
    }
    assert!(seen.so_type_is_stream);
}

#[test]
fn a_descriptor_is_the_socket_that_the_system_lists() {
    let Some(seen) = seen::<SocketIsAFile>() else {
        return;
    };
    assert!(seen.descriptor > 2);
    assert_eq!(seen.open_file, format!("socket:[{}]", seen.inode));
    assert_eq!(seen.lines, ["first", "second"]);
}

#[test]
fn recv_and_recvfrom_take_both_protocols() {
    let Some(seen) = seen::<AnyCallOnAnySocket>() else {
        return;
    };
    assert_eq!(seen.recv_on_udp.0, b"datagram");
    assert_eq!(seen.recvfrom_on_tcp.0, b"stream");
    assert!(seen.sendto_on_new_tcp.is_some());
    assert_eq!(kind(seen.recv_on_new_tcp), Some(ErrorKind::NotConnected));
}

#[test]
fn connect_ex_returns_the_number_that_connect_raises() {
    let Some(seen) = seen::<ConnectEx>() else {
        return;
    };
    assert_eq!(seen.to_a_listener, 0);
    assert_ne!(seen.to_nobody, 0);
    let same = seen.to_nobody_as_result.and_then(|error| error.code);
    assert_eq!(same, Some(seen.to_nobody));
    assert_ne!(seen.twice, 0);
    assert_eq!(
        (seen.python_returned, seen.python_errno),
        (seen.to_nobody, seen.to_nobody)
    );
    assert_eq!(seen.python_raised, "ConnectionRefusedError");
    assert_eq!(kind(seen.so_error), Some(ErrorKind::ConnectionRefused));
}

#[test]
fn a_call_waits_for_a_while_or_not_at_all() {
    let Some(seen) = seen::<TimeoutsAndBlocking>() else {
        return;
    };
    assert_eq!(
        (seen.timeout_at_first, seen.timeout_ms),
        (None, Some(200.0))
    );
    let out_of_time = [Some(ErrorKind::WouldBlock), Some(ErrorKind::TimedOut)];
    assert!(out_of_time.contains(&kind(seen.with_timeout)), "{seen:?}");
    assert!(
        out_of_time.contains(&kind(seen.udp_with_timeout)),
        "{seen:?}"
    );
    assert_eq!(kind(seen.without_blocking), Some(ErrorKind::WouldBlock));
    assert_eq!(
        kind(seen.accept_without_blocking),
        Some(ErrorKind::WouldBlock)
    );
    assert!(seen.did_not_wait_ms < seen.waited_ms, "{seen:?}");
}

#[test]
fn python_sends_bytes_alone() {
    let Some(seen) = seen::<PythonSockets>() else {
        return;
    };
    assert_eq!(
        (&seen.family[..], &seen.r#type[..]),
        ("AF_INET", "SOCK_STREAM")
    );
    assert_eq!((seen.protocol, seen.packed_i_bytes), (0, 4));
    assert_eq!(
        (&seen.send_text[..], &seen.recv_returns[..]),
        ("TypeError", "bytes")
    );
    assert_eq!(seen.sendto_without_address, "TypeError");
}

#[test]
fn a_pickle_runs_its_senders_command_and_bincode_refuses_it() {
    let Some(seen) = seen::<PickleRunsCode>() else {
        return;
    };
    assert_eq!(
        seen.written_by_pickle.as_deref(),
        Some("the header ran this")
    );
    assert!(seen.bincode_says.starts_with("bad header"), "{seen:?}");
    assert_eq!(seen.written_by_bincode, None);
}

#[test]
fn the_star_leaves_some_names_behind() {
    let Some(seen) = seen::<ImportStar>() else {
        return;
    };
    assert!(seen.imported < seen.attributes, "{seen:?}");
    assert_eq!(seen.left_out.len(), seen.attributes - seen.imported);
}

#[test]
fn a_handler_gets_a_socket_or_data_and_socket() {
    let Some(seen) = seen::<SocketserverRequest>() else {
        return;
    };
    assert_eq!(
        (&seen.tcp_request[..], &seen.udp_request[..]),
        ("socket", "tuple")
    );
    assert_eq!(seen.udp_elements, ["bytes", "socket"]);
    assert!(seen.tcp_address_is_the_clients && seen.udp_address_is_the_clients);
    assert!(seen.udp_socket_is_the_servers);
    assert!(seen.a_thread_for_each_client && seen.a_thread_for_each_datagram);
}
