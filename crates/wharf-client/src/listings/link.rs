//! The `Link` header (RFC 8288), as far as pages need it.

/// The target of the first link to a next page.
pub(super) fn next<'a>(headers: impl IntoIterator<Item = &'a str>) -> Option<String> {
    headers.into_iter().find_map(next_of)
}

fn next_of(header: &str) -> Option<String> {
    let mut rest = header;
    loop {
        let (_, after) = rest.split_once('<')?;
        let (target, after) = after.split_once('>')?;
        // The parameters of this link end where the next link begins.
        let parameters = after.split('<').next().unwrap_or_default();
        if parameters.split([';', ',']).any(is_next) {
            return Some(target.trim().to_owned());
        }
        rest = after;
    }
}

/// `rel=next`, in quotation marks or not, among other relations or not.
fn is_next(parameter: &str) -> bool {
    let Some((name, value)) = parameter.split_once('=') else {
        return false;
    };
    let value = value.trim().trim_matches('"');
    name.trim().eq_ignore_ascii_case("rel")
        && value
            .split_whitespace()
            .any(|it| it.eq_ignore_ascii_case("next"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_page_is_found() {
        for (headers, expected) in [
            (
                &["</v2/_catalog?last=a&n=1>; rel=\"next\""][..],
                Some("/v2/_catalog?last=a&n=1"),
            ),
            (&["<a>; rel=next"], Some("a")),
            (&["<a,b;c>;title=\"x\"; REL = \"prev NEXT\""], Some("a,b;c")),
            (&["<a>; rel=\"prev\", <b>; rel=\"next\""], Some("b")),
            (&["<a>; rel=\"prev\"", "<b>; rel=\"next\""], Some("b")),
            (&["<a>; rel=\"prev\""], None),
            (&["<a>"], None),
            (&["a; rel=next"], None),
            (&["<a; rel=next"], None),
            (&[""], None),
            (&[], None),
        ] {
            assert_eq!(
                next(headers.iter().copied()).as_deref(),
                expected,
                "{headers:?}"
            );
        }
    }
}
