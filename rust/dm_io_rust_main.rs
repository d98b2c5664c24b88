// SPDX-License-Identifier: GPL-2.0

//! Device-mapper's dm-io and kcopyd services, for its targets, in Rust.
//!
//! From the top, each layer calls only what is below it:
//!
//! - [`abi`], [`classic`] and [`takeover`]: the functions that C calls.
//! - [`io`] and [`kcopyd`]: the decisions, which contain no unsafe code.
//! - [`dm`]: device mapper's types, which both services share.
//! - [`block`] and [`memory`]: safe owners of the kernel's objects, which know nothing of device
//!   mapper.
//! - [`bindings`]: the kernel crate's bindings, and this project's C headers and helpers.
//!
//! [`statistics`] counts I/O and jobs.

use kernel::prelude::*;

mod abi;
mod bindings;
mod block;
mod classic;
mod dm;
mod io;
mod kcopyd;
mod memory;
mod statistics;
mod takeover;

module! {
    type: DmIoRust,
    name: "dm_io_rust",
    authors: ["The dm_io_rust developers"],
    description: "Device-mapper I/O and copy services in Rust",
    license: "GPL",
}

/// The module.
struct DmIoRust {
    _classic: classic::Services,
    _services: abi::services::Services,
    _statistics: statistics::Statistics,
}

impl kernel::Module for DmIoRust {
    fn init(_module: &'static ThisModule) -> Result<Self> {
        let services = abi::services::Services::new()?;
        Ok(Self {
            _classic: classic::Services::new(&services)?,
            _services: services,
            _statistics: statistics::Statistics::show(),
        })
    }
}
