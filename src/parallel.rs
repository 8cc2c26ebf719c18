//! The same work for many items, on all cores.

use std::sync::Mutex;
use std::thread;

/// How many items are worth another thread.
const SHARE: usize = 16;

/// What `work` makes of each item, in the order of the items.
pub(crate) fn map<T: Send, R: Send>(items: Vec<T>, work: impl Fn(T) -> R + Sync) -> Vec<R> {
    let helpers = helpers(items.len());
    let queue = Mutex::new(items.into_iter().enumerate());
    let next = || queue.lock().expect("taking an item never panics").next();
    let run = || {
        let mut made = Vec::new();
        while let Some((index, item)) = next() {
            made.push((index, work(item)));
        }
        made
    };
    let mut made = thread::scope(|scope| {
        // A thread that cannot be had is not missed: the others do what it would have done.
        let helpers: Vec<_> = (0..helpers)
            .filter_map(|_| thread::Builder::new().spawn_scoped(scope, run).ok())
            .collect();
        let mut made = run();
        for helper in helpers {
            made.extend(helper.join().expect("the work does not panic"));
        }
        made
    });
    made.sort_by_key(|(index, _)| *index);
    made.into_iter().map(|(_, one)| one).collect()
}

/// How many threads help with so many items. How many cores there are takes longer to find out than a few items take.
fn helpers(items: usize) -> usize {
    match items / SHARE {
        0 => 0,
        worth => worth.min(thread::available_parallelism().map_or(0, |cores| cores.get() - 1)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_is_done_once_and_in_order() {
        for count in [0, 1, SHARE, 100 * SHARE] {
            let items: Vec<usize> = (0..count).collect();
            let expected: Vec<String> = items.iter().map(usize::to_string).collect();
            assert_eq!(map(items, |item| item.to_string()), expected);
        }
    }
}
