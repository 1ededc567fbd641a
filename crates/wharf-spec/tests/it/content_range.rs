//! `Content-Range` headers of chunks.

use bolero::check;
use wharf_spec::ContentRange;

#[test]
fn fuzz_content_range() {
    check!()
        .with_type::<(String, u64, u64, u64)>()
        .for_each(|(text, start, end, total)| {
            let texts = [
                text.clone(),
                format!("bytes {text}"),
                format!("{start}-{end}"),
                format!("bytes {start}-{end}/{total}"),
                format!("{}-{}", start >> 1, end >> 1),
            ];
            for text in texts {
                if let Ok(range) = text.parse::<ContentRange>() {
                    assert!(range.start <= range.end);
                    assert_eq!(range.len(), range.end - range.start + 1);
                    assert_eq!(range.to_string().parse(), Ok(range));
                }
            }
        });
}
