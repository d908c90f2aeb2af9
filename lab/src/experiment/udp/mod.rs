//! Datagrams. One experiment a file.

pub mod lossy_udp;
pub mod reuseaddr_on_udp;
pub mod select_two;
pub mod udp_connect;
pub mod udp_forged_sender;
pub mod udp_header;
pub mod udp_is_quicker;
pub mod udp_keeps_boundaries;
pub mod udp_keeps_no_copy;
pub mod udp_largest;
pub mod udp_many_peers;
pub mod udp_needs_no_server;
pub mod udp_overflows;
pub mod udp_sends_nothing;
pub mod udp_server_speaks_first;
pub mod udp_truncates;
pub mod udp_truncates_on_windows;
