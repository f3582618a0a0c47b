<?php
/* WordPress' own installation, on the command line: the site, alice, and a protected post. */
$_SERVER['HTTP_HOST'] = '127.0.0.1';
define('WP_INSTALLING', true);
require getenv('DEBIAN') . '/usr/share/wordpress/wp-load.php';
require ABSPATH . 'wp-admin/includes/upgrade.php';
wp_install('Blog', 'alice', 'alice@example.com', true, '', getenv('PASSWORD'));
update_option('users_can_register', 1);
wp_insert_post([
    'post_title' => 'Protected', 'post_name' => 'protected', 'post_content' => 'a secret',
    'post_status' => 'publish', 'post_password' => 'a-post-password', 'post_author' => 1,
]);
[$password] = WP_Application_Passwords::create_new_application_password(1, ['name' => 'tests']);
$known = ['application-basic' => base64_encode("alice:$password")];
file_put_contents(getenv('STATE') . '/known.json', json_encode($known));
