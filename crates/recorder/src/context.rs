//! What all tracks share while they run.

use crate::disk::DiskWatch;
use crate::ledger::Ledger;
use crate::marks::Marks;
use archive::{Archive, Session, WriterSettings};
use capture::{CaptureError, Source, Supervisor, Watch};
use std::sync::Arc;
use timeline::{Clock, SampleRate, WallTime};

/// How devices are kept open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Supervision {
    /// Each by a thread of its own, which may hang with the sound system.
    #[default]
    Threads,
    /// By whoever calls [`Recorder::advance`](crate::Recorder::advance), in place: for simulations, where a virtual
    /// clock runs thousands of times as fast as threads could follow.
    Inline,
}

/// Opens devices.
pub(crate) struct Devices {
    pub(crate) source: Arc<dyn Source>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) supervision: Supervision,
}

impl Devices {
    pub(crate) fn supervise(&self, watch: &Watch) -> Result<Supervisor, CaptureError> {
        let (source, clock, watch) = (self.source.clone(), self.clock.clone(), watch.clone());
        match self.supervision {
            Supervision::Threads => Supervisor::start(source, clock, watch),
            Supervision::Inline => Ok(Supervisor::inline(source, clock, watch)),
        }
    }
}

pub(crate) struct Context {
    pub(crate) archive: Archive,
    pub(crate) session: Session,
    pub(crate) ledger: Ledger,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) devices: Devices,
    pub(crate) settings: WriterSettings,
    /// The archive's rate; the device's own where there is none.
    pub(crate) rate: Option<SampleRate>,
    pub(crate) disk: DiskWatch,
    pub(crate) marks: Marks,
    /// [`Clock::boot_id`].
    pub(crate) boot_id: Option<String>,
}

impl Context {
    pub(crate) fn boot(&self) -> i64 {
        self.clock.boot_micros()
    }

    pub(crate) fn wall(&self) -> WallTime {
        self.clock.wall()
    }

    /// Now by the session's own clock, as its rows say it: the wall clock may have been set by less than ends a session.
    pub(crate) fn at(&self) -> WallTime {
        self.session.wall_at(self.boot())
    }

    /// The session's id, as rows of the journal carry it.
    pub(crate) fn session_id(&self) -> String {
        self.session.id().to_owned()
    }

    /// The moment of the boot clock that the session's line gives to a wall time.
    pub(crate) fn boot_at(&self, wall: WallTime) -> i64 {
        self.session.boot_micros().saturating_add(wall.micros_since(self.session.wall()))
    }
}
