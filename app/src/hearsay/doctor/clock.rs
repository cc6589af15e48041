//! Whether the wall clock is kept right. Sound is placed by it, and `today` is read by it.

use super::finding::Finding;
use super::system;
use std::path::Path;

const TOPIC: &str = "clock";

/// Whether something keeps it.
pub(super) fn kept() -> Finding {
    if !cfg!(target_os = "linux") {
        return Finding::good(TOPIC, "is kept by the system, as far as its settings say so");
    }
    // systemd-timesyncd leaves this file; timedatectl asks the kernel, so it knows of chrony and ntpd, too.
    if Path::new("/run/systemd/timesync/synchronized").exists() {
        return told(Some("yes"));
    }
    told(system::first_line("timedatectl", &["show", "--property=NTPSynchronized", "--value"]).as_deref())
}

fn told(synchronized: Option<&str>) -> Finding {
    const ADVICE: &str = "`timedatectl set-ntp true`, or install chrony; a clock that is off puts sound at the wrong time, and one that is set splits a recording";
    match synchronized {
        Some("yes") => Finding::good(TOPIC, "is synchronised"),
        Some(_) => Finding::note(TOPIC, "is not synchronised", ADVICE),
        None => Finding::note(
            TOPIC,
            "nobody here can tell whether it is synchronised: timedatectl doesn't answer",
            "in a container the machine around it keeps the clock; elsewhere install systemd-timesyncd or chrony",
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::finding::Verdict;

    #[test]
    fn a_clock_that_nobody_keeps_is_told_with_what_to_do() {
        assert_eq!(told(Some("yes")).verdict, Verdict::Good);
        assert!(told(Some("no")).advice.unwrap().contains("timedatectl set-ntp true"));
        assert_eq!((told(None).verdict, told(None).advice.is_some()), (Verdict::Note, true));
        assert_eq!(kept().topic, TOPIC);
    }
}
