# For a router's terminal, RouterOS 6.43 or later: a user that may read and nothing else, and the API by TLS for one
# address. Put your own password and the address of the daemon into it, then paste all of it.
{
:local password "CHANGE ME"
:local daemon "10.0.0.5"

/user group add name=usage policy=read,api,!local,!telnet,!ssh,!ftp,!reboot,!write,!policy,!test,!winbox,!password,!web,!sniff,!sensitive,!romon
/user add name=usage group=usage address=$daemon password=$password

# Its own certificate, for ten years. Without one api-ssl authenticates nobody. Small routers sign it for a minute.
/certificate add name=tikmeter common-name=[/system identity get name] days-valid=3650 key-usage=digital-signature,key-encipherment,tls-server
/certificate sign tikmeter
:delay 5s
/ip service set api-ssl certificate=tikmeter address=$daemon disabled=no
# The one in the clear, unless something else here needs it.
/ip service set api disabled=yes
}
# In the config: tls: { fingerprint: … }. `tikmeter probe` shows the fingerprint of the certificate it was shown; compare
# it with /certificate print detail where name=tikmeter.
