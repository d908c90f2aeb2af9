//! A stream, its connection, its end. One experiment a file.

pub mod backlog;
pub mod close_is_optional;
pub mod connect_before_accept;
pub mod framing_unsticks;
pub mod half_close;
pub mod handshake_and_farewell;
pub mod line_by_line;
pub mod lossy_tcp;
pub mod lost_farewell;
pub mod many_time_waits;
pub mod nagle_and_delayed_ack;
pub mod one_at_a_time;
pub mod recv_is_partial;
pub mod send_is_partial;
pub mod sendall_loops;
pub mod syn_flood;
pub mod tcp_needs_a_server;
pub mod tcp_peer_leaves;
pub mod tcp_peer_leaves_on_windows;
pub mod tcp_sticks;
pub mod time_wait;
