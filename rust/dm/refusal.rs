// SPDX-License-Identifier: GPL-2.0

//! Why a call was refused.

use kernel::prelude::*;

/// What is wrong with a call's arguments.
#[derive(Clone, Copy)]
pub(crate) struct Refusal {
    /// The argument, and what is the matter with it.
    pub(crate) argument: &'static CStr,
    /// What the call returns.
    pub(crate) error: Error,
}

impl Refusal {
    /// The argument makes no sense.
    pub(crate) const fn invalid(argument: &'static CStr) -> Self {
        Self {
            argument,
            error: EINVAL,
        }
    }

    /// The service cannot do that.
    pub(crate) const fn failed(argument: &'static CStr) -> Self {
        Self {
            argument,
            error: EIO,
        }
    }
}
