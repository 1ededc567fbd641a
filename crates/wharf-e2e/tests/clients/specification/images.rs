//! Image manifests.

use serde_json::{Value, json};

use super::content::{Content, EMPTY, GZIP_LAYER, TAR_LAYER};

#[test]
fn an_image() {
    let mut content = Content::new("image");
    content.add_image(&["image"]);
    content.lives();
}

#[test]
fn an_image_with_uncompressed_layers() {
    let mut content = Content::new("uncompressed");
    let layers = [content.layer(TAR_LAYER), content.layer(TAR_LAYER)];
    let image = content.image(&layers);
    content.add(image, &["uncompressed"]);
    content.lives();
}

#[test]
fn an_image_with_a_large_manifest() {
    let mut content = Content::new("large-manifest");
    let mut image = content.plain_image();
    let annotations = (0..390).map(|n| (format!("com.example.{n}"), "x".repeat(10_450).into()));
    image["annotations"] = Value::Object(annotations.collect());
    let descriptor = content.add(image, &["large"]);
    let size = descriptor["size"].as_u64().unwrap();
    assert!((3_900 << 10..4 << 20).contains(&size), "{size} bytes");
    content.lives();
}

#[test]
fn an_image_without_layers() {
    let mut content = Content::new("no-layers");
    let image = content.image(&[]);
    content.add(image, &["no-layers"]);
    content.lives();
}

#[test]
fn an_image_with_an_empty_layer() {
    let mut content = Content::new("empty-layer");
    let layers = [content.blob(TAR_LAYER, ""), content.layer(TAR_LAYER)];
    let image = content.image(&layers);
    content.add(image, &["empty-layer"]);
    content.lives();
}

#[test]
fn an_image_with_its_blobs_in_its_descriptors() {
    let mut content = Content::new("data");
    let mut config = content.blob(EMPTY, "{}");
    config["data"] = "e30=".into();
    let mut layer = content.blob("text/plain", "wharf");
    layer["data"] = "d2hhcmY=".into();
    let mut image = content.image(&[layer]);
    image["config"] = config;
    content.add(image, &["data"]);
    content.lives();
}

/// Layers that clients get elsewhere: nobody pushes them, whether they say where they are or not.
#[test]
fn an_image_with_nondistributable_layers() {
    let mut content = Content::new("nondistributable");
    let mut layers = vec![content.layer(GZIP_LAYER)];
    for form in ["tar", "tar+gzip", "tar+zstd"] {
        let media_type = format!("application/vnd.oci.image.layer.nondistributable.v1.{form}");
        layers.push(content.nowhere(&media_type));
        let mut layer = content.nowhere(&media_type);
        let digest = layer["digest"].as_str().unwrap();
        layer["urls"] = json!([format!("https://layers.example.com/{digest}")]);
        layers.push(layer);
    }
    let image = content.image(&layers);
    content.add(image, &["nondistributable"]);
    content.lives();
}

/// `mediaType` was reserved at first (image specification 1.0): what it is shows in its fields.
#[test]
fn manifests_that_do_not_say_what_they_are() {
    let mut content = Content::new("unnamed");
    let mut image = content.plain_image();
    image.as_object_mut().unwrap().remove("mediaType");
    let child = content.add(image, &["image"]);
    let mut index = super::content::index(&[child]);
    index.as_object_mut().unwrap().remove("mediaType");
    content.add(index, &["index"]);
    content.lives();
}

#[test]
fn fields_that_no_specification_knows() {
    let mut content = Content::new("more-fields");
    let mut config = content.blob(
        super::content::CONFIG,
        r#"{"architecture":"amd64","os":"linux","com.example.extra":["more"]}"#,
    );
    config["com.example.hint"] = json!({"keep": true});
    let mut image = content.plain_image();
    image["config"] = config;
    image["com.example.extra"] = json!({"one": [1, 2.5, null], "two": "\u{e4}\u{1f6a2}"});
    let child = content.add(image, &[]);
    let mut index = super::content::index(&[child]);
    index["com.example.extra"] = "more".into();
    index["manifests"][0]["com.example.hint"] = 7.into();
    content.add(index, &["more-fields"]);
    content.lives();
}
