"""The stations of Kairos as AWS resources, in CDK.

Importing any module of this package makes a Node available first: the CDK's Python classes are thin, and everything
they do happens in a Node process that starts with the first of them.
"""

from infra.node import put_node_on_path

put_node_on_path()
