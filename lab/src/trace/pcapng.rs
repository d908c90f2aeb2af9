//! The packets as a file that Wireshark and `tshark` read.

use std::fs::File;
use std::io::BufWriter;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result};
use pcap_file::DataLink;
use pcap_file::pcapng::PcapNgWriter;
use pcap_file::pcapng::blocks::enhanced_packet::EnhancedPacketBlock;
use pcap_file::pcapng::blocks::interface_description::{
    InterfaceDescriptionBlock, InterfaceDescriptionOption,
};

use super::packets::Frame;

/// Writes the frames to `path`, with their times in nanoseconds.
pub(super) fn write(path: &Path, frames: &[Frame]) -> Result<()> {
    let cannot = || format!("cannot write {}", path.display());
    let file = File::create(path).with_context(cannot)?;
    let mut writer = PcapNgWriter::new(BufWriter::new(file)).with_context(cannot)?;
    writer
        .write_pcapng_block(InterfaceDescriptionBlock {
            linktype: DataLink::ETHERNET,
            snaplen: 0,
            options: vec![
                InterfaceDescriptionOption::IfName("lo".into()),
                // Ten to the power of -9 seconds.
                InterfaceDescriptionOption::IfTsResol(9),
            ],
        })
        .with_context(cannot)?;
    for frame in frames {
        let block = EnhancedPacketBlock {
            interface_id: 0,
            timestamp: Duration::from_nanos(frame.time),
            original_len: u32::try_from(frame.bytes.len()).unwrap_or(u32::MAX),
            data: frame.bytes.as_slice().into(),
            options: Vec::new(),
        };
        writer.write_pcapng_block(block).with_context(cannot)?;
    }
    Ok(())
}
