//! The sizes of many patches beside the smallest that are known.

use crate::corpus::Case;

/// One generator's patches: a size for each case, none where the patch is wrong.
pub(crate) struct Column {
    /// Who made them.
    pub(crate) name: String,
    /// The sizes, in the order of the cases.
    pub(crate) sizes: Vec<Option<usize>>,
}

/// What is said of a generator.
pub(crate) struct Score {
    correct: usize,
    bytes: usize,
    /// The geometric mean of size ÷ best over the cases with a correct patch.
    pub(crate) mean: f64,
    worst: f64,
    /// In how many of a hundred cases the patch is no larger than the best.
    pub(crate) at_best: f64,
}

/// One generator beside the best sizes.
pub(crate) fn score(column: &Column, best: &[usize]) -> Score {
    let sized = column.sizes.iter().zip(best);
    let correct: Vec<_> = sized
        .filter_map(|(size, best)| Some(((*size)?, *best)))
        .collect();
    let ratios: Vec<_> = correct
        .iter()
        .map(|(size, best)| *size as f64 / *best as f64)
        .collect();
    let logarithms: f64 = ratios.iter().map(|ratio| ratio.ln()).sum();
    let at_best = ratios.iter().filter(|ratio| **ratio <= 1.0).count();
    Score {
        correct: correct.len(),
        bytes: correct.iter().map(|(size, _)| size).sum(),
        mean: (logarithms / ratios.len() as f64).exp(),
        worst: ratios.iter().copied().fold(0.0, f64::max),
        at_best: 100.0 * at_best as f64 / column.sizes.len() as f64,
    }
}

/// The smallest correct size of each case.
pub(crate) fn best(columns: &[Column], cases: usize) -> Vec<usize> {
    let smallest = |case: usize| columns.iter().filter_map(|column| column.sizes[case]).min();
    (0..cases)
        .map(|case| smallest(case).expect("somebody's patch is correct"))
        .collect()
}

/// A table with a line for each generator.
pub(crate) fn table(columns: &[Column], best: &[usize]) -> String {
    let mut table = String::from(
        "| generator | correct | Σ bytes | geo. mean ÷ best | worst | at best |\n|---|--:|--:|--:|--:|--:|\n",
    );
    for column in columns {
        let Score {
            correct,
            bytes,
            mean,
            worst,
            at_best,
        } = score(column, best);
        let name = &column.name;
        table += &format!(
            "| {name} | {correct} | {bytes} | {mean:.3} | {worst:.2} | {at_best:.1} % |\n"
        );
    }
    table
}

/// The cases in which the first column is larger than the best, the worst first.
pub(crate) fn losses(cases: &[Case], columns: &[Column], best: &[usize]) -> String {
    let mut lost: Vec<_> = (0..cases.len())
        .filter_map(|case| {
            let ours = columns[0].sizes[case]?;
            let ratio = ours as f64 / best[case] as f64;
            (ratio > 1.0).then_some((ratio, case))
        })
        .collect();
    lost.sort_by(|left, right| right.0.total_cmp(&left.0));
    let lines = lost.into_iter().map(|(ratio, case)| {
        let sizes: Vec<_> = columns.iter().map(|column| size(column, case)).collect();
        format!("{ratio:.3}  {}: {}\n", cases[case].name, sizes.join(", "))
    });
    lines.collect()
}

fn size(column: &Column, case: usize) -> String {
    let size = column.sizes[case].map_or_else(|| "wrong".to_owned(), |size| size.to_string());
    format!("{} {size}", column.name)
}
