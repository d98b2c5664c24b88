// SPDX-License-Identifier: GPL-2.0

//! Device mapper's own types, which both services and both APIs share: regions, page lists,
//! callbacks, and how a call is refused or an I/O fails.

pub(crate) mod callback;
pub(crate) mod error_bits;
pub(crate) mod log;
pub(crate) mod page_list;
pub(crate) mod refusal;
pub(crate) mod region;
pub(crate) mod regions;

pub(crate) use self::{
    callback::{
        CopyCallback,
        IoCallback, //
    },
    error_bits::{
        Bits,
        ErrorBits,
        Failures, //
    },
    page_list::PageList,
    refusal::Refusal,
    region::Region,
    regions::Regions, //
};
