//! Who asks the authorization server for what, and what the token is for.

/// Somebody, a query, and the scopes that are granted.
pub(super) type Row = (&'static str, &'static str, &'static str);

#[rustfmt::skip]
pub(super) const TABLE: [Row; 77] = [
    // Nobody: what everybody may.
    ("nobody", "", ""),
    ("nobody", "scope=repository:public/app:pull", "repository:public/app:pull"),
    ("nobody", "scope=repository:public/app:pull,push", "repository:public/app:pull"),
    ("nobody", "scope=repository:public/app:*", "repository:public/app:pull"),
    ("nobody", "scope=repository:public/app:delete", ""),
    ("nobody", "scope=repository:team-a/app:pull", ""),
    ("nobody", "scope=repository:team-a/app:pull&account=admin", ""),
    ("nobody", "scope=repository:public/app:pull&scope=repository:team-a/app:pull", "repository:public/app:pull"),
    ("nobody", "scope=repository:users//app:pull", ""),
    ("nobody", "scope=repository:users/app:pull", ""),
    ("nobody", "scope=registry:catalog:*", ""),
    // An empty name and password are nobody's.
    ("empty", "scope=repository:public/app:pull,push", "repository:public/app:pull"),
    ("empty", "scope=repository:team-a/app:pull", ""),

    // By a group.
    ("ann", "", ""),
    ("ann", "scope=", ""),
    ("ann", "scope=repository:team-a/app:pull", "repository:team-a/app:pull"),
    ("ann", "scope=repository:team-a/app:push,pull", "repository:team-a/app:pull,push"),
    ("ann", "scope=repository:team-a/app:delete", "repository:team-a/app:delete"),
    ("ann", "scope=repository:team-a/app:*", "repository:team-a/app:*"),
    ("ann", "scope=repository:team-a/a/b/c:pull", "repository:team-a/a/b/c:pull"),
    ("ann", "scope=repository:team-a:pull", ""),
    ("ann", "scope=repository:team-ab/app:pull", ""),
    ("ann", "scope=repository:team-b/app:pull", ""),
    ("ann", "scope=repository:team-b/app:*", ""),
    ("bob", "scope=repository:team-b/app:pull,push,delete", "repository:team-b/app:pull,push"),
    ("bob", "scope=repository:team-b/app:*", "repository:team-b/app:pull,push"),
    ("bob", "scope=repository:team-a/app:*", ""),
    ("carl", "scope=repository:team-a/app:pull", ""),
    // What is denied by name is not had by `*`.
    ("ann", "scope=repository:team-a/frozen:pull,push,delete", "repository:team-a/frozen:pull"),
    ("ann", "scope=repository:team-a/frozen:*", "repository:team-a/frozen:pull"),
    ("ann", "scope=repository:team-a/frozen:push,*", "repository:team-a/frozen:pull"),
    ("admin", "scope=repository:team-a/frozen:*", "repository:team-a/frozen:*"),
    ("ann", "scope=repository:public/app:pull,push", "repository:public/app:pull"),

    // `${account}`.
    ("ann", "scope=repository:users/ann/app:*", "repository:users/ann/app:*"),
    ("ann", "scope=repository:users/bob/app:pull", ""),
    ("ann", "scope=repository:users/annex/app:pull", ""),
    ("ann", "scope=repository:users/ann:pull", ""),
    ("ann", "scope=repository:users/bob/ann/app:pull", ""),
    ("carl", "scope=repository:users/carl/app:pull&scope=repository:users/ann/app:pull", "repository:users/carl/app:pull"),

    // The list of all repositories.
    ("ann", "scope=registry:catalog:*", ""),
    ("admin", "scope=registry:catalog:*", "registry:catalog:*"),
    ("admin", "scope=registry:catalog:*&scope=repository:none/such:pull", "repository:none/such:pull registry:catalog:*"),
    ("ann", "scope=repository:catalog:*", ""),
    ("admin", "scope=registry:other:*", ""),

    // Several, in one parameter or in more.
    ("ann", "scope=repository:team-a/app:pull+repository:team-b/app:pull+repository:public/app:pull", "repository:public/app:pull repository:team-a/app:pull"),
    ("ann", "scope=repository:team-a/app:pull&scope=repository:team-a/app:push", "repository:team-a/app:pull,push"),
    ("bob", "scope=repository:team-a/app:pull,push&scope=repository:team-b/app:pull", "repository:team-b/app:pull"),

    // Classes.
    ("ann", "scope=repository(plugin):team-a/app:pull", "repository(plugin):team-a/app:pull"),
    ("ann", "scope=repository(plugin):team-b/app:pull", ""),
    ("ann", "scope=repository(image):team-a/app:*", "repository(image):team-a/app:*"),

    // Other ways to write a name lead nowhere else.
    ("ann", "scope=repository:team-a%2Fapp:pull", "repository:team-a/app:pull"),
    ("ann", "scope=repository:team-b%2Fapp:pull", ""),
    ("ann", "scope=repository:team-a%252Fapp:pull", ""),
    ("ann", "scope=repository:team-a/../team-b/app:pull", ""),
    ("ann", "scope=repository:team-a/..%2Fteam-b/app:pull", ""),
    ("ann", "scope=repository:users/ann/../bob/app:pull", ""),
    ("ann", "scope=repository:./team-a/app:pull", ""),
    ("ann", "scope=repository:team-a//app:pull", ""),
    ("ann", "scope=repository:team-a/app/:pull", ""),
    ("ann", "scope=repository:/team-a/app:pull", ""),
    ("ann", "scope=repository:TEAM-A/app:pull", ""),
    ("ann", "scope=repository:team-a/App:pull", ""),
    ("ann", "scope=repository:team-a/*:pull", ""),
    ("ann", "scope=repository:**:*", ""),
    ("ann", "scope=repository:localhost:5000/team-a/app:pull", ""),
    // Nor do other actions and types.
    ("ann", "scope=repository:team-a/app:PULL", ""),
    ("ann", "scope=repository:team-a/app:pull,admin", "repository:team-a/app:pull"),
    ("ann", "scope=user:admin:*", ""),

    // Robots: no more than their token says, and no more than their account may.
    ("robot", "scope=repository:team-a/app:*", "repository:team-a/app:pull,push"),
    ("robot", "scope=repository:team-a/app:delete", ""),
    ("robot", "scope=repository:team-a/frozen:pull,push", "repository:team-a/frozen:pull"),
    ("robot", "scope=repository:team-b/app:pull", ""),
    ("robot", "scope=repository:public/app:pull", ""),
    ("robot", "scope=registry:catalog:*", ""),
    ("mirror", "scope=repository:team-b/app:*&scope=registry:catalog:*", "repository:team-b/app:pull registry:catalog:*"),
    ("ann's", "scope=repository:team-b/app:*&scope=repository:team-a/app:*", ""),
    ("bob's", "scope=repository:team-b/app:*", "repository:team-b/app:pull,push"),
];
