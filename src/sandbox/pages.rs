//! Cutting a list into pages, soundly or with a flaw.

/// What is wrong with a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Flaw {
    /// Every page is full, as the list begins again where it ends, and each page counts one page
    /// more than has been asked for. No count, short page or empty page tells the end.
    Endless,
    /// Pages after the first begin so many too late, as if those had been deleted meanwhile, or too
    /// early where it is below 0, as if they had been made. They count as many fewer, or more.
    Shift(i16),
    /// So many at the end are left out, and counted.
    Short(usize),
    /// So many at the end are left out, and not counted.
    Missing(usize),
    /// So many at the beginning of each page are there twice.
    Duplicate(usize),
}

/// A page of a list: where it begins, and what it holds at most.
#[derive(Clone, Copy, Debug)]
pub(super) struct Span {
    pub(super) start: usize,
    pub(super) limit: usize,
}

/// What is on a page, and how many the list is said to have.
pub(super) fn cut<T: Clone>(list: &[T], span: Span, flaw: Option<Flaw>) -> (Vec<T>, usize) {
    let total = list.len();
    match flaw {
        None => (on(list, span), total),
        Some(Flaw::Endless) => endless(list, span),
        Some(Flaw::Shift(_)) if span.start == 0 => (on(list, span), total),
        Some(Flaw::Shift(by)) => shifted(list, span, by.into()),
        Some(Flaw::Short(count)) => (on(without(list, count), span), total),
        Some(Flaw::Missing(count)) => {
            let rest = without(list, count);
            (on(rest, span), rest.len())
        }
        Some(Flaw::Duplicate(count)) => {
            let page = on(list, span);
            let twice = page.iter().take(count).chain(&page);
            (twice.cloned().collect(), total)
        }
    }
}

fn on<T: Clone>(list: &[T], Span { start, limit }: Span) -> Vec<T> {
    list.iter().skip(start).take(limit).cloned().collect()
}

fn without<T>(list: &[T], count: usize) -> &[T] {
    &list[..list.len().saturating_sub(count)]
}

fn endless<T: Clone>(list: &[T], Span { start, limit }: Span) -> (Vec<T>, usize) {
    let start_in_list = start.checked_rem(list.len()).unwrap_or(0);
    let page = list.iter().cycle().skip(start_in_list).take(limit);
    let total = start.saturating_add(limit).saturating_add(limit);
    (page.cloned().collect(), total)
}

fn shifted<T: Clone>(list: &[T], span: Span, by: isize) -> (Vec<T>, usize) {
    let start = span.start.saturating_add_signed(by);
    let total = list.len().saturating_add_signed(-by);
    (on(list, Span { start, ..span }), total)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The pages of a list of seven, three on each, and what each counts.
    fn pages(flaw: Option<Flaw>) -> [(Vec<usize>, usize); 4] {
        let list: Vec<_> = (0..7).collect();
        [0, 3, 6, 9].map(|start| cut(&list, Span { start, limit: 3 }, flaw))
    }

    #[test]
    fn each_flaw_has_its_pages() {
        let rows: [(_, [&[usize]; 4], [usize; 4]); 7] = [
            (None, [&[0, 1, 2], &[3, 4, 5], &[6], &[]], [7; 4]),
            (
                Some(Flaw::Endless),
                [&[0, 1, 2], &[3, 4, 5], &[6, 0, 1], &[2, 3, 4]],
                [6, 9, 12, 15],
            ),
            (
                Some(Flaw::Shift(1)),
                [&[0, 1, 2], &[4, 5, 6], &[], &[]],
                [7, 6, 6, 6],
            ),
            (
                Some(Flaw::Shift(-1)),
                [&[0, 1, 2], &[2, 3, 4], &[5, 6], &[]],
                [7, 8, 8, 8],
            ),
            (
                Some(Flaw::Short(2)),
                [&[0, 1, 2], &[3, 4], &[], &[]],
                [7; 4],
            ),
            (
                Some(Flaw::Missing(2)),
                [&[0, 1, 2], &[3, 4], &[], &[]],
                [5; 4],
            ),
            (
                Some(Flaw::Duplicate(2)),
                [&[0, 1, 0, 1, 2], &[3, 4, 3, 4, 5], &[6, 6], &[]],
                [7; 4],
            ),
        ];
        for (flaw, held, counted) in rows {
            let expected: Vec<_> = held.map(<[_]>::to_vec).into_iter().zip(counted).collect();
            assert_eq!(pages(flaw).as_slice(), expected, "{flaw:?}");
        }
    }

    #[test]
    fn a_list_that_is_empty_or_left_far_behind_is_cut_as_well() {
        let none: [u8; 0] = [];
        for start in [0, 3, usize::MAX] {
            for flaw in [
                Flaw::Endless,
                Flaw::Shift(i16::MIN),
                Flaw::Shift(i16::MAX),
                Flaw::Short(usize::MAX),
                Flaw::Missing(1),
                Flaw::Duplicate(1),
            ] {
                let (page, _) = cut(&none, Span { start, limit: 3 }, Some(flaw));
                assert!(page.is_empty(), "{flaw:?}");
            }
        }
    }
}
