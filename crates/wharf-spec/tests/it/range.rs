//! `Range` headers.

use bolero::check;
use wharf_spec::RangeAnswer;

fn assert_inside(header: &str, size: u64) {
    let ranges = match RangeAnswer::resolve(Some(header), size) {
        RangeAnswer::Whole | RangeAnswer::Unsatisfiable => return,
        RangeAnswer::One(range) => vec![range],
        RangeAnswer::Many(ranges) => ranges,
    };
    assert!(
        ranges
            .iter()
            .all(|range| range.start < range.end && range.end <= size)
    );
    let total: u64 = ranges.iter().map(|range| range.end - range.start).sum();
    assert!(ranges.len() <= 32 && total <= size, "{header:?} of {size}");
}

#[test]
fn fuzz_range_text() {
    check!()
        .with_type::<(String, u64)>()
        .for_each(|(text, size)| {
            assert_inside(text, *size);
            assert_inside(&format!("bytes={text}"), *size);
        });
}

#[test]
fn fuzz_range_numbers() {
    check!()
        .with_type::<(Vec<(u8, u64, u64)>, u64)>()
        .for_each(|(members, size)| {
            let members: Vec<_> = members
                .iter()
                .map(|(kind, first, last)| match kind % 4 {
                    0 => format!("{first}-"),
                    1 => format!("-{last}"),
                    2 => format!("{first}-{last}"),
                    _ => format!("{}-{}", first % 100, last % 100),
                })
                .collect();
            let header = format!("bytes={}", members.join(","));
            assert_inside(&header, *size);
            assert_inside(&header, *size % 128);
        });
}
