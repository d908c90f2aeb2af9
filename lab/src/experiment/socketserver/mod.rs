//! What the lessons say of `socketserver`. One experiment a file.

pub mod socketserver_request;
