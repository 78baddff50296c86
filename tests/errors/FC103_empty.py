# file FC103: has no flow
