# For the terminal of a router with RouterOS 6.43 or later: creates a user with read access only, and enables the API
# over TLS for one address. Set your own password and the address of the daemon, then paste everything.
{
:local password "CHANGE ME"
:local daemon "10.0.0.5"

/user group add name=usage policy=read,api,!local,!telnet,!ssh,!ftp,!reboot,!write,!policy,!test,!winbox,!password,!web,!sniff,!sensitive,!romon
/user add name=usage group=usage address=$daemon password=$password

# A certificate for ten years. Without one, api-ssl does not authenticate the router. Small routers take a minute to sign.
/certificate add name=tikmeter common-name=[/system identity get name] days-valid=3650 key-usage=digital-signature,key-encipherment,tls-server
/certificate sign tikmeter
:delay 5s
/ip service set api-ssl certificate=tikmeter address=$daemon disabled=no
# Disables the API without TLS, unless something else needs it.
/ip service set api disabled=yes
}
# In the config: tls: { fingerprint: … }. `tikmeter probe` prints the fingerprint of the certificate that it received;
# compare it with /certificate print detail where name=tikmeter.
