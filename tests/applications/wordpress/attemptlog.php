<?php
/*
Plugin Name: Log of attempts
Description: Logs each login that WordPress checks, whichever way it came.
*/

add_filter('authenticate', function ($user, $name) {
    if ($name !== '' && $name !== null) {
        error_log((is_wp_error($user) ? 'login failed: ' : 'login succeeded: ') . $name);
    }
    return $user;
}, 999, 2);

// A password over REST does not go through `authenticate`; one over XML-RPC does.
if (!defined('XMLRPC_REQUEST')) {
    add_action('application_password_failed_authentication', function () {
        error_log('login failed: an application password');
    });
    add_action('application_password_did_authenticate', function ($user) {
        error_log('login succeeded: ' . $user->user_login . ', an application password');
    });
}
