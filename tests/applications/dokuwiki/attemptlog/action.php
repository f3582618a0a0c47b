<?php

/** Logs each login that DokuWiki checks, whichever way it came. */
class action_plugin_attemptlog extends \dokuwiki\Extension\ActionPlugin
{
    public function register(Doku_Event_Handler $controller)
    {
        $controller->register_hook('AUTH_LOGIN_CHECK', 'AFTER', $this, 'log');
    }

    public function log(Doku_Event $event)
    {
        $user = $event->data['user'] ?? '';
        if ($user !== '') {
            error_log(($event->result ? 'login succeeded: ' : 'login failed: ') . $user);
        }
    }
}
