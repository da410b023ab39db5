#!/usr/bin/env bash
# Makes the certificates of the tests, good for a hundred years but for the one that is over.
# The keys are secrets of nothing. Written for OpenSSL 3.0, whose x509 -req makes version 1.
set -euo pipefail
cd "$(dirname "$0")"
days=36500
# PostgreSQL's manual, "Creating Certificates": a certificate that the server made for itself …
openssl req -new -x509 -days $days -nodes -text -out self.crt -keyout self.key -subj /CN=localhost
# … and one by an authority of one's own, of version 1.
openssl req -new -nodes -text -out root.csr -keyout root.key -subj /CN=root.yourdomain.com
openssl x509 -req -in root.csr -text -days $days -extfile /etc/ssl/openssl.cnf -extensions v3_ca -signkey root.key -out root.crt
openssl req -new -nodes -text -out old.csr -keyout old.key -subj /CN=localhost
openssl x509 -req -in old.csr -text -days $days -CA root.crt -CAkey root.key -set_serial 1 -out old.crt
# As authorities make them today: names in their extension. The common name is another host's.
openssl req -new -nodes -out named.csr -keyout named.key -subj /CN=localhost
printf 'subjectAltName=DNS:db.example.com,DNS:*.db.example.com\nbasicConstraints=CA:FALSE\n' >named.ext
openssl x509 -req -in named.csr -days $days -CA root.crt -CAkey root.key -set_serial 2 -extfile named.ext -out named.crt
# Its time is over.
mkdir -p ca && : >ca/index && echo 03 >ca/serial
printf '[ca]\ndefault_ca=d\n[d]\ndatabase=ca/index\nserial=ca/serial\nnew_certs_dir=ca\ndefault_md=sha256\npolicy=p\n[p]\ncommonName=supplied\n' >ca/conf
openssl req -new -nodes -out over.csr -keyout over.key -subj /CN=localhost
openssl ca -batch -config ca/conf -keyfile over.key -selfsign -startdate 20200101000000Z -enddate 20200102000000Z -in over.csr -out over.crt
rm -rf -- *.csr *.ext ca
