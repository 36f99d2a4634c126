# The exception tag that longjmp throws; clang 22 refers to it and defines it nowhere.
	.tagtype	__c_longjmp i32
	.globl	__c_longjmp
__c_longjmp:
