//! Addresses, ports, options and descriptors: what TCP and UDP share. One experiment a file.

pub mod any_call_on_any_socket;
pub mod connect_ex;
pub mod default_ports;
pub mod no_network_card;
pub mod ports;
pub mod privileged_ports;
pub mod socket_addresses;
pub mod socket_is_a_file;
pub mod socket_kinds;
pub mod socket_options;
pub mod timeouts_and_blocking;
