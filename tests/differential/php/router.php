<?php
// PHP: form, query, $_REQUEST with cookies, JSON, Basic.

function text($value) {
    return is_string($value) || is_int($value) || is_float($value) ? trim((string) $value) : null;
}

function reading($from, $at, $user, $password, $grant = null) {
    $password = text($password);
    return $password === null ? [] : [[
        'from' => $from, 'at' => $at, 'user' => text($user), 'password' => $password, 'grant' => text($grant),
    ]];
}

function read($from, $source) {
    $nested = is_array($source['user'] ?? null) ? $source['user'] : [];
    return is_array($source) ? array_merge(
        reading($from, 'web', $source['user'] ?? null, $source['password'] ?? null, $source['grant_type'] ?? null),
        reading($from, 'nested', $nested['email'] ?? null, $nested['password'] ?? null),
    ) : [];
}

if (rtrim(rawurldecode(explode('?', $_SERVER['REQUEST_URI'])[0]), '/') !== '/login') {
    http_response_code(404);
    exit;
}
header('content-type: application/json');
$readings = array_merge(
    read('form', $_POST),
    read('query', $_GET),
    read('request', $_REQUEST),
    read('json of any type', json_decode(file_get_contents('php://input'), true)),
    isset($_SERVER['PHP_AUTH_PW']) ? reading('basic', 'basic', $_SERVER['PHP_AUTH_USER'], $_SERVER['PHP_AUTH_PW']) : [],
);
echo json_encode($readings, JSON_INVALID_UTF8_SUBSTITUTE);
