//! Programs with one small fault each: they prove that the checks can fail.
//!
//! Each runs as a process of its own, `lab broken TARGET FAULT --port N`, so that it can be killed,
//! limited and seen to spin as any other program under test. Without a fault (`none`) it passes all
//! checks of its target.

use std::net::UdpSocket;

use anyhow::{Result, bail};
use clap::Args;

mod udp;

/// One small fault, and the check that must catch it before any other does.
#[derive(Debug)]
pub struct Fault {
    /// The program that has it.
    pub target: &'static str,
    /// Its name.
    pub name: &'static str,
    /// The name of the check that catches it first.
    pub caught_by: &'static str,
}

/// All faults.
pub const FAULTS: &[&[Fault]] = &[udp::FAULTS];

/// Which broken program to run
#[derive(Args, Debug)]
pub struct BrokenArgs {
    /// The program, such as ntp/server
    target: String,
    /// What is wrong with it, or none
    fault: String,
    /// Where a server listens, or a client finds its server
    #[arg(long)]
    port: u16,
    /// The folder for files
    #[arg(long, default_value = ".")]
    dir: std::path::PathBuf,
}

/// Runs a broken program until it is ended.
///
/// # Errors
///
/// When it breaks down, as broken programs do.
pub fn run(args: &BrokenArgs) -> Result<()> {
    let fault = args.fault.as_str();
    match args.target.as_str() {
        "echo-udp/server" => udp::echo(&bind(args)?, fault),
        target => bail!("there is no broken {target}"),
    }
}

fn bind(args: &BrokenArgs) -> Result<UdpSocket> {
    Ok(UdpSocket::bind(("127.0.0.1", args.port))?)
}
