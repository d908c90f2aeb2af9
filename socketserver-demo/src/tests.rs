//! What the library must do.
//!
//! CPython's own tests of the module, `Lib/test/test_socketserver.py`, are the checklist:
//!
//! | CPython | here |
//! |---|---|
//! | `SocketServerTest.test_TCPServer` | [`servers::tcp_server`] |
//! | `test_ThreadingTCPServer` | [`servers::threading_tcp_server`] |
//! | `test_UnixStreamServer` | [`servers::unix_stream_server`] |
//! | `test_ThreadingUnixStreamServer` | [`servers::threading_unix_stream_server`] |
//! | `test_UDPServer` | [`servers::udp_server`] |
//! | `test_ThreadingUDPServer` | [`servers::threading_udp_server`] |
//! | `test_UnixDatagramServer` | [`servers::unix_datagram_server`] |
//! | `test_ThreadingUnixDatagramServer` | [`servers::threading_unix_datagram_server`] |
//! | `test_Forking…` (six), `ErrorHandlerTest.test_forking_…` (two) | none: there are no forking servers, see the crate's documentation |
//! | `test_shutdown` | [`shutdown::shutdown_always_ends_serve_forever`] |
//! | `test_close_immediately` | [`closing::a_server_that_never_served_closes_at_once`] |
//! | `test_tcpserver_bind_leak` | [`closing::a_failed_bind_leaves_no_descriptor_open`] |
//! | `test_context_manager` | [`closing::a_server_closes_at_the_end_of_its_scope`], [`closing::a_closed_server_has_no_descriptor`] |
//! | `ErrorHandlerTest.test_sync_handled` | [`errors::a_failing_handler_is_reported_and_the_server_goes_on`] |
//! | `test_threading_handled` | [`errors::a_failing_handler_in_a_thread_is_reported_and_the_server_goes_on`] |
//! | `test_sync_not_handled`, `test_threading_not_handled` | none: they are about `SystemExit`, and nothing in Rust ends a program by unwinding. What does unwind, a panic, is reported: [`errors::a_panicking_handler_is_reported_and_the_server_goes_on`] |
//! | `SocketWriterTest.test_basics` | none: that `wfile` is a `BufferedIOBase` over the request's descriptor is here what the compiler checks, by the type of [`StreamFiles`](crate::StreamFiles) |
//! | `test_write` | [`handlers::wfile_sends_at_once_and_whole`] (Rust's `write_all` goes on after a signal by itself) |
//! | `MiscTestCase.test_all` | none: a Rust module exports what it says with `pub`; the names are in the table of the crate's documentation, whose links rustdoc checks |
//! | `test_shutdown_request_called_if_verify_request_false` | [`hooks::a_request_that_is_not_verified_is_shut_down`] |
//! | `test_threads_reaped` | [`threading::threads_that_have_ended_are_not_kept`] |
//!
//! The rest is what the documentation of Python's module promises, and what its servers get wrong.

mod closing;
mod errors;
#[cfg(target_os = "linux")]
mod exhaustion;
mod handlers;
mod hooks;
mod options;
mod scaffold;
mod servers;
mod shutdown;
mod threading;
