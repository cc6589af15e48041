//! The same work for many things, on the cores there are.

use crate::Error;
use std::panic::resume_unwind;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

/// More threads than this wait for the memory.
const MOST_THREADS: usize = 8;

/// What `work` makes of each thing, in their order, by threads named `whisper-load`.
///
/// # Errors
/// The first thing's that has one; what comes behind it may be left undone.
pub(crate) fn each<I: Sync, T: Send>(
    things: &[I],
    work: impl Fn(&I) -> Result<T, Error> + Sync,
) -> Result<Vec<T>, Error> {
    let next = AtomicUsize::new(0);
    let some = || {
        let mut done = Vec::new();
        loop {
            let at = next.fetch_add(1, Ordering::Relaxed);
            let Some(thing) = things.get(at) else { return done };
            let result = work(thing);
            if result.is_err() {
                next.fetch_add(things.len(), Ordering::Relaxed);
            }
            done.push((at, result));
        }
    };
    let threads = thread::available_parallelism().map_or(1, usize::from).min(MOST_THREADS).min(things.len());
    let mut done = thread::scope(|scope| {
        // Where the system gives no more threads, there is always this one.
        let spawn = |_| thread::Builder::new().name("whisper-load".to_owned()).spawn_scoped(scope, some).ok();
        let others: Vec<_> = (1..threads).map_while(spawn).collect();
        let mut done = some();
        for other in others {
            done.extend(other.join().unwrap_or_else(|panic| resume_unwind(panic)));
        }
        done
    });
    done.sort_by_key(|(at, _)| *at);
    done.into_iter().map(|(_, result)| result).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_is_done_in_order_and_the_first_error_told() {
        let numbers: Vec<usize> = (0..200).collect();
        assert_eq!(each(&numbers, |number| Ok(number * 2)).unwrap(), (0..400).step_by(2).collect::<Vec<_>>());
        let fails = |number: &usize| match number {
            30.. => Err(Error::NoNumbers { window: *number as u64 }),
            _ => Ok(()),
        };
        assert!(matches!(each(&numbers, fails), Err(Error::NoNumbers { window: 30 })));
        assert!(each(&[], fails).unwrap().is_empty());
    }
}
