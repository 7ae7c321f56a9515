//! From the worker to the outputs: counts the records, and the load between two statuses.
use needledrop_device::outputs::Outputs;
use needledrop_protocol::{Body, Record};
use std::time::{Duration, Instant};

/// Where a live run's records go.
pub(super) struct Outlet {
    pub(super) outputs: Outputs,
    /// Records so far.
    pub(super) records: u64,
    pub(super) last_status: Instant,
    pub(super) load: Load,
}

impl Outlet {
    pub(super) fn new(outputs: Outputs) -> Self {
        Self {
            outputs,
            records: 0,
            last_status: Instant::now(),
            load: Load::default(),
        }
    }

    pub(super) fn emit(&mut self, record: &Record) {
        if matches!(record.body, Body::Status(_)) {
            self.last_status = Instant::now();
            self.load = Load::default();
        }
        self.records += 1;
        self.outputs.send(record);
    }
}

/// Computing time and sound time since the last status.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Load {
    pub(super) busy: Duration,
    pub(super) sound: Duration,
}

impl Load {
    pub(super) fn permille(self) -> Option<u32> {
        let sound = self.sound.as_micros();
        let permille = (1_000 * self.busy.as_micros()).checked_div(sound)?;
        u32::try_from(permille).ok()
    }
}
