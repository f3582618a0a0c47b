//! Which exchanges of an application each preset is held against, and why others are missing.

use std::collections::{BTreeMap, BTreeSet};

use unstuff_fixtures::applications::ExchangeStep::{
    self, CsrfFailure, Failed, Good, LoggedIn, LoginPage, Logout, PasswordForgotten, SecondFactor,
};
use unstuff_fixtures::applications::applications;

const STEPS: [ExchangeStep; 8] =
    [LoginPage, Failed, Good, CsrfFailure, LoggedIn, SecondFactor, Logout, PasswordForgotten];

/// Steps that presets have no exchange of, with the reason.
const MISSING: [(ExchangeStep, &str, &str); 12] = [
    (LoginPage, "a program's endpoint has no page", "oauth2"),
    (
        CsrfFailure,
        "what scripts and programs send has no token in the form",
        "authelia authentik directus fastapi ghost grafana oauth2 strapi",
    ),
    (CsrfFailure, "its login form has no token", "dokuwiki drupal jenkins keycloak wordpress"),
    (CsrfFailure, "it is up to the view", "flask-login passport"),
    (
        LoggedIn,
        "a login is read as anybody's",
        "aspnet-identity directus discourse django django-rest fastapi flask-login ghost jupyterhub \
         oauth2 passport phpmyadmin rails spring-security strapi wordpress",
    ),
    (
        LoggedIn,
        "not recorded, and not known from the source",
        "authelia authentik dokuwiki jenkins joomla keycloak mediawiki roundcube",
    ),
    (
        SecondFactor,
        "it has none of its own",
        "devise django-rest dokuwiki fastapi flask-login grafana jenkins jupyterhub passport rails \
         roundcube spring-security strapi",
    ),
    (Logout, "the program forgets its token", "django-rest fastapi oauth2 strapi"),
    (PasswordForgotten, "it is up to the application", "fastapi flask-login passport"),
    (PasswordForgotten, "passwords are those of another system", "jupyterhub phpmyadmin roundcube"),
    (PasswordForgotten, "it has no such page", "jenkins spring-security"),
    (PasswordForgotten, "a token endpoint knows no mail", "oauth2"),
];

#[test]
fn every_preset_has_each_exchange_but_for_these() {
    let mut present: BTreeMap<String, BTreeSet<ExchangeStep>> = BTreeMap::new();
    for (_, file) in applications() {
        let steps = file.exchanges.iter().map(|exchange| exchange.step);
        present.entry(file.preset).or_default().extend(steps);
    }
    let missing = present.iter().flat_map(|(preset, steps)| {
        let is_missing = |step: &ExchangeStep| !steps.contains(step);
        STEPS.into_iter().filter(is_missing).map(|step| (step, preset.clone()))
    });
    let missing: BTreeSet<(ExchangeStep, String)> = missing.collect();
    let excused = MISSING.iter().flat_map(|(step, _, presets)| {
        presets.split_whitespace().map(|preset| (*step, preset.to_owned()))
    });
    assert_eq!(missing, excused.collect());
}
