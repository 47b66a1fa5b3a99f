#!/usr/bin/env bash
# Whether the server of this container is alive: the images have bash and neither curl nor wget.
# With TLS on the HTTP port, that the port is open is all that is asked.
set -u
port=${1:-5080}
exec 3<>"/dev/tcp/127.0.0.1/$port" || exit 1
if [[ -n ${Inference__Tls__Certificate:-} && ${Inference__Tls__Http:-Server} != Off ]]; then exit 0; fi
printf 'GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n' >&3
read -r -t 3 _ status _ <&3 || exit 1
[[ $status == 200 ]]
