//! Where an image is in the working directory, unless somebody says it.

use anyhow::{Context as _, Result};
use wharf_client::ImageName;
use wharf_image::Place;

/// The layout that `wharf pull` leaves an image in. By its digest alone it is there without a
/// name.
pub(super) fn layout_to(name: &ImageName) -> Result<Place> {
    let directory = directory(name);
    place(&match &name.tag {
        Some(tag) => format!("oci:{directory}:{tag}"),
        None => format!("oci:{directory}"),
    })
}

/// The same, where `wharf push` looks for it.
pub(super) fn layout_from(name: &ImageName) -> Result<Place> {
    let directory = directory(name);
    place(&match (&name.tag, &name.digest) {
        (_, Some(digest)) => format!("oci:{directory}@{digest}"),
        (Some(tag), None) => format!("oci:{directory}:{tag}"),
        (None, None) => format!("oci:{directory}"),
    })
}

fn directory(name: &ImageName) -> &str {
    let repository = name.repository.as_str();
    repository
        .rsplit_once('/')
        .map_or(repository, |(_, last)| last)
}

fn place(text: &str) -> Result<Place> {
    text.parse()
        .with_context(|| format!("{text} would be the other place: write one"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn layouts_are_called_as_the_last_part_of_the_repository() {
        let digest = format!("sha256:{}", "a".repeat(64));
        for (name, to, from) in [
            ("alpine", "oci:alpine:latest", "oci:alpine:latest"),
            ("localhost:5000/a/b:v1", "oci:b:v1", "oci:b:v1"),
            (
                &*format!("q.io/a/b@{digest}"),
                "oci:b",
                &*format!("oci:b@{digest}"),
            ),
            (
                &*format!("q.io/a/b:v1@{digest}"),
                "oci:b:v1",
                &*format!("oci:b@{digest}"),
            ),
        ] {
            let name: ImageName = name.parse().unwrap();
            assert_eq!(layout_to(&name).unwrap().to_string(), to);
            assert_eq!(layout_from(&name).unwrap().to_string(), from);
        }
        let error = layout_to(&"app:_".parse().unwrap()).unwrap_err();
        assert!(format!("{error:#}").contains("write one"), "{error:#}");
    }
}
