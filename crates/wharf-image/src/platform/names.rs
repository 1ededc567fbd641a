//! Names of platforms, and which of them run the images of which others.

/// The names that Go uses; a variant that goes without saying is empty.
/// containerd/platforms: database.go, `normalizeArch`
pub(super) fn normal(architecture: &str, variant: &str) -> (String, String) {
    let architecture = architecture.to_ascii_lowercase();
    let variant = variant.to_ascii_lowercase();
    let (architecture, variant) = match (architecture.as_str(), variant.as_str()) {
        ("i386" | "i686" | "x86", _) => ("386", ""),
        ("x86_64" | "x86-64" | "amd64", "v1") => ("amd64", ""),
        ("x86_64" | "x86-64", variant) => ("amd64", variant),
        ("aarch64" | "arm64", "8" | "v8" | "v8.0") => ("arm64", ""),
        ("aarch64" | "arm64", "9" | "v9.0") => ("arm64", "v9"),
        ("aarch64", variant) => ("arm64", variant),
        ("armhf", _) | ("arm", "" | "7") => ("arm", "v7"),
        ("armel", _) | ("arm", "6") => ("arm", "v6"),
        ("arm", "5") => ("arm", "v5"),
        ("arm", "8") => ("arm", "v8"),
        ("powerpc64le", variant) => ("ppc64le", variant),
        ("loongarch64", variant) => ("loong64", variant),
        other => other,
    };
    (architecture.to_owned(), variant.to_owned())
}

/// The number of a variant; 0 of what is none.
pub(super) fn level(variant: &str) -> u32 {
    variant.trim_start_matches('v').parse().unwrap_or(0)
}

pub(super) fn arm_below<'a>(level: u32) -> impl Iterator<Item = (&'a str, String)> {
    (5..level.min(8))
        .rev()
        .map(|level| ("arm", format!("v{level}")))
}

/// v9.x has all of v8.(x+5); the variant of v8 itself goes without saying.
pub(super) fn arm64_below(variant: &str) -> Vec<String> {
    let text = variant.trim_start_matches('v');
    let (major, minor) = text.split_once('.').unwrap_or((text, "0"));
    let (major, minor) = (major.parse().unwrap_or(8), minor.parse().unwrap_or(0_u32));
    let minor = minor.min(9);
    let named = |major: u32, minor: u32| match (major, minor) {
        (8, 0) => String::new(),
        (major, 0) => format!("v{major}"),
        (major, minor) => format!("v{major}.{minor}"),
    };
    match major {
        9 => {
            let nines = (0..minor).rev().map(|it| named(9, it));
            nines
                .chain((0..minor + 6).rev().map(|it| named(8, it)))
                .collect()
        }
        8 => (0..minor).rev().map(|it| named(8, it)).collect(),
        _ => Vec::new(),
    }
}

pub(super) fn is_os(text: &str) -> bool {
    let systems = [
        "linux", "windows", "darwin", "macos", "freebsd", "netbsd", "openbsd", "solaris",
    ];
    systems.contains(&text.to_ascii_lowercase().as_str())
}

pub(super) fn is_architecture(text: &str) -> bool {
    let known = [
        "386", "amd64", "arm", "arm64", "loong64", "mips64le", "ppc64le", "riscv64", "s390x",
    ];
    known.contains(&normal(text, "").0.as_str())
}
