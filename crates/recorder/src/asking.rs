//! A question to the sound system that is asked now and then, by a helper that may hang with it, and never waited for.

use crate::context::{Devices, Supervision};
use capture::{CaptureError, Source};
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::sync::{Arc, Mutex, PoisonError};

/// One question and its newest answer. While a helper hangs there is no second one.
#[derive(Debug)]
pub(crate) struct Asking<T> {
    every: i64,
    asked: Option<i64>,
    busy: Arc<AtomicBool>,
    answer: Arc<Mutex<Option<T>>>,
}

impl<T: Send + 'static> Asking<T> {
    /// Asked so many microseconds apart.
    pub(crate) fn new(every: i64) -> Self {
        Self { every, asked: None, busy: Arc::default(), answer: Arc::default() }
    }

    /// Asks if it is time to, and gives an answer that is new. A sound system that doesn't answer tells nothing.
    pub(crate) fn look(
        &mut self,
        now: i64,
        devices: &Devices,
        question: fn(&dyn Source) -> Result<T, CaptureError>,
    ) -> Option<T> {
        let due = self.asked.is_none_or(|asked| now - asked >= self.every);
        if due && !self.busy.swap(true, SeqCst) {
            self.asked = Some(now);
            let (source, answer, busy) = (devices.source.clone(), self.answer.clone(), self.busy.clone());
            let ask = move || {
                if let Ok(found) = question(source.as_ref()) {
                    *answer.lock().unwrap_or_else(PoisonError::into_inner) = Some(found);
                }
                busy.store(false, SeqCst);
            };
            if devices.supervision == Supervision::Inline {
                ask();
            } else if let Err(error) = std::thread::Builder::new().name("hs-outputs".into()).spawn(ask) {
                self.busy.store(false, SeqCst);
                tracing::error!("cannot start a thread: {error}");
            }
        }
        self.answer.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// The next look asks, however soon it comes.
    pub(crate) fn at_once(&mut self) {
        self.asked = None;
    }
}
